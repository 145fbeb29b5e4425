import { type AdmissionPlugin, namespaceLifecycle } from '../admission/index.js'
import type { ServerConfig } from './config.js'
import type { Loopback } from './loopback.js'

/** The plugins that are on, in the order in which they are asked. Source: kubernetes pkg/kubeapiserver/options/plugins.go. */
export function admissionPlugins({ admission }: ServerConfig, loopback: Loopback): AdmissionPlugin[] {
  const plugins = [namespaceLifecycle((name) => loopback.find('/namespaces', '', name))]
  return plugins.filter(({ name }) => !admission.disable.includes(name))
}
