/** This group's text for a field that nobody may select by. */
export const refuseCertificateField = (field: string): string => `field label not supported: ${field}`
