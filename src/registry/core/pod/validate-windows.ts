import { byteLength, child, dns1123Subdomain, type FieldErrors } from '../../../api/index.js'
import { forEachContainer } from './containers.js'
import type { PodValidationOptions } from './options.js'
import type { PodSpec, WindowsSecurityContextOptions } from './types.js'

export function validateWindowsOptions(
  options: WindowsSecurityContextOptions | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (!options) return
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options
  if (gmsaCredentialSpecName !== undefined) {
    dns1123Subdomain(errors, child(path, 'gmsaCredentialSpecName'), gmsaCredentialSpecName)
  }
  if (gmsaCredentialSpec !== undefined) {
    const at = child(path, 'gmsaCredentialSpec')
    const length = byteLength(gmsaCredentialSpec)
    if (length === 0) errors.invalid(at, gmsaCredentialSpec, 'gmsaCredentialSpec cannot be an empty string')
    else if (length > 64 * 1024) {
      errors.invalid(at, gmsaCredentialSpec, 'gmsaCredentialSpec size must be under 64 KiB')
    }
  }
  if (runAsUserName !== undefined) {
    for (const wrong of userNameProblems(runAsUserName)) {
      errors.invalid(child(path, 'runAsUserName'), runAsUserName, wrong)
    }
  }
}

const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const dnsName = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
const control = /[\u0000-\u001f\u007f]/

function userNameProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (control.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\', 3)
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const wrong: string[] = []
  const user = parts.at(-1)!
  if (parts.length === 2) {
    const domain = parts[0]!
    if (byteLength(domain) >= 256) wrong.push("runAsUserName's Domain length must be under 256 characters")
    if (!netBiosName.test(domain) && !dnsName.test(domain)) {
      wrong.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
    }
  }
  if (user === '') wrong.push("runAsUserName's User cannot be empty")
  else if (byteLength(user) > 104) {
    wrong.push("runAsUserName's User length must not be longer than 104 characters")
  }
  if (/^[. ]+$/.test(user)) wrong.push("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    wrong.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  }
  return wrong
}

/** HostProcess containers: all of a pod's or none. */
export function validateHostProcess(
  spec: PodSpec,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const pod = spec.securityContext?.windowsOptions?.hostProcess
  let count = 0
  let hostProcesses = 0
  forEachContainer(spec, path, (container, at) => {
    count++
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (pod !== undefined && own !== undefined && pod !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${pod}`
      errors.invalid(child(at, 'securityContext.windowsOptions.hostProcess'), own, detail)
    }
    if (own ?? pod) hostProcesses++
  })
  if (hostProcesses === 0) return
  if (hostProcesses !== count) {
    const detail = 'If pod contains any hostProcess containers then all containers must be HostProcess containers'
    errors.invalid(path, '', detail)
  }
  if (!spec.hostNetwork) {
    const detail = 'hostNetwork must be true if pod contains any hostProcess containers'
    errors.invalid(child(path, 'hostNetwork'), false, detail)
  }
  if (!options.privileged) errors.forbidden(path, 'hostProcess containers are disallowed by cluster policy')
}
