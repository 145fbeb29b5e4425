import {
  child,
  dns1123Label,
  dns1123Subdomain,
  type FieldErrors,
  index,
  isConfigMapKey,
  isEnvVarName,
  nameRules,
} from '../../../api/index.js'
import { envFieldPaths, validateFieldRef, validateResourceRef } from './field-refs.js'
import type { PodValidationOptions } from './options.js'
import { validateNoBacksteps } from './paths.js'
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector, SecretKeySelector } from './types.js'

export function validateEnv(
  vars: readonly EnvVar[],
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  vars.forEach(({ name = '', value = '', valueFrom }, i) => {
    const at = index(path, i)
    if (name === '') errors.required(child(at, 'name'))
    else for (const wrong of isEnvVarName(name)) errors.invalid(child(at, 'name'), name, wrong)
    if (valueFrom) validateValueFrom(valueFrom, value, child(at, 'valueFrom'), errors, options)
  })
}

export function validateEnvFrom(sources: readonly EnvFromSource[], path: string, errors: FieldErrors): void {
  sources.forEach(({ prefix, configMapRef, secretRef }, i) => {
    const at = index(path, i)
    if (prefix) for (const wrong of isEnvVarName(prefix)) errors.invalid(child(at, 'prefix'), prefix, wrong)
    if (configMapRef) validateSourceName(configMapRef.name, child(at, 'configMapRef'), errors)
    if (secretRef) validateSourceName(secretRef.name, child(at, 'secretRef'), errors)
    if (!configMapRef && !secretRef) errors.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')
    else if (configMapRef && secretRef) errors.invalid(path, '', 'may not have more than one field specified at a time')
  })
}

function validateValueFrom(
  from: EnvVarSource,
  value: string,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = from
  if (fieldRef) validateFieldRef(fieldRef, envFieldPaths, child(path, 'fieldRef'), errors)
  if (resourceFieldRef) validateResourceRef(resourceFieldRef, false, child(path, 'resourceFieldRef'), errors)
  if (configMapKeyRef) validateKeyRef(configMapKeyRef, child(path, 'configMapKeyRef'), errors)
  if (secretKeyRef) validateKeyRef(secretKeyRef, child(path, 'secretKeyRef'), errors)
  if (fileKeyRef) validateFileKeyRef(fileKeyRef, child(path, 'fileKeyRef'), errors)
  const count = +!!fieldRef + +!!resourceFieldRef + +!!configMapKeyRef + +!!secretKeyRef + +!!fileKeyRef
  if (count === 0) errors.invalid(path, '', options.envFiles ? noSource : noSourceWithoutFiles)
  else if (value !== '') errors.invalid(path, '', 'may not be specified when `value` is not empty')
  else if (count > 1) errors.invalid(path, '', 'may not have more than one field specified at a time')
}

const noSource =
  'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
const noSourceWithoutFiles = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'

function validateKeyRef({ name, key }: SecretKeySelector, path: string, errors: FieldErrors): void {
  dns1123Subdomain(errors, child(path, 'name'), name)
  if (!key) errors.required(child(path, 'key'))
  else for (const wrong of isConfigMapKey(key)) errors.invalid(child(path, 'key'), key, wrong)
}

function validateFileKeyRef({ key, volumeName, path: file }: FileKeySelector, path: string, errors: FieldErrors): void {
  if (!key) errors.required(child(path, 'key'))
  else for (const wrong of isEnvVarName(key)) errors.invalid(child(path, 'key'), key, wrong)
  if (!volumeName) errors.required(child(path, 'volumeName'))
  else dns1123Label(errors, child(path, 'volumeName'), volumeName)
  if (!file) errors.required(child(path, 'path'))
  else validateNoBacksteps(file, child(path, 'path'), errors)
}

/** Upstream judges these names as it does prefixes of generated ones. */
function validateSourceName(name: string | undefined, path: string, errors: FieldErrors): void {
  const at = child(path, 'name')
  if (!name) errors.required(at)
  else for (const wrong of nameRules.dns1123Subdomain(name, true)) errors.invalid(at, name, wrong)
}
