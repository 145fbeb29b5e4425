/** The gate behind which fields that used to take odd addresses take no new ones. On by default since 1.36. */
export const strictAddresses = 'StrictIPCIDRValidation'
