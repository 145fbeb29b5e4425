/** Where storage classes were named before they had a field. */
export const classAnnotation = 'volume.beta.kubernetes.io/storage-class'
export const mountOptionsAnnotation = 'volume.beta.kubernetes.io/mount-options'
