import { readFile } from 'node:fs/promises'
import { FieldErrors } from '../../api/index.js'
import { decodeDocument, readConfiguration } from '../../codec/index.js'

/** Where traces are sent, and how many begin here. */
export interface TracingConfiguration {
  /** As gRPC names places. */
  readonly endpoint: string
  /** Of requests whose clients do not trace. */
  readonly samplingRatePerMillion: number
}

const versions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}`)

/**
 * Reads the file of `--tracing-config-file`. Source: component-base tracing/api/v1.
 *
 * @throws Error with upstream's message
 */
export async function readTracingConfiguration(file: string): Promise<TracingConfiguration> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new Error(
      `failed to read tracing config: unable to read tracing configuration from "${file}": ${error.message}`,
    )
  })
  return parseTracingConfiguration(bytes)
}

export async function parseTracingConfiguration(bytes: Buffer): Promise<TracingConfiguration> {
  let endpoint = ''
  let rate = 0
  try {
    const { value } = await decodeDocument(bytes)
    const fields = readConfiguration(value, 'TracingConfiguration', versions)
    endpoint = fields.text('endpoint')
    rate = fields.integer('samplingRatePerMillion')
  } catch (error) {
    const why = (error as Error).message
    throw new Error(`failed to read tracing config: unable to decode tracing configuration data: ${why}`)
  }
  const errors = new FieldErrors()
  if (rate < 0) errors.invalid('samplingRatePerMillion', rate, 'sampling rate must be positive')
  if (rate > 1_000_000)
    errors.invalid(
      'samplingRatePerMillion',
      rate,
      'sampling rate per million must be less than or equal to one million',
    )
  const scheme = endpoint.includes('//') ? (/^([^:/]*):\/\//.exec(endpoint)?.[1] ?? '') : 'dns'
  if (!['dns', 'unix', 'unix-abstract'].includes(scheme))
    errors.invalid(
      'endpoint',
      endpoint,
      `unsupported scheme: ${scheme}.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md`,
    )
  if (!errors.empty) throw new Error(`failed to validate tracing configuration: ${errors.message}`)
  return { endpoint: endpoint === '' ? 'localhost:4317' : endpoint, samplingRatePerMillion: rate }
}
