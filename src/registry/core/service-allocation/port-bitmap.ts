import { type KubeObject, rfc3339 } from '../../../api/index.js'
import { prefixRange, type Write } from '../../../store/index.js'
import type { RegistryEnvironment } from '../../environment.js'
import { encodeForStore } from '../../stored.js'
import { needsHealthCheck, nodePortsOf, type ServiceSpec, specOf, usesNodePorts } from '../service-types.js'

/** Ports from `first` on. */
export interface PortRange {
  readonly first: number
  readonly size: number
}

export const portRangeText = ({ first, size }: PortRange): string => `${first}-${first + size - 1}`

export const bitmapPrefix = '/registry/ranges/'
const key = `${bitmapPrefix}servicenodeports`
const services = '/registry/services/specs/'

/**
 * Which node ports are taken: one stored RangeAllocation with a bit for every port, as kube-apiserver keeps it, so that two
 * writers that change it at once meet a conflict.
 */
export class PortBitmap {
  readonly #bits: Uint8Array
  readonly #created: string | undefined

  private constructor(
    readonly range: PortRange,
    /** Of the stored form; 0: there is none. */
    readonly revision: number,
    bits: Uint8Array,
    created?: string,
  ) {
    this.#bits = bits
    this.#created = created
  }

  /** What is stored, or, if that is of another range or not there, what the services themselves say. */
  static read(environment: RegistryEnvironment, range: PortRange): PortBitmap {
    const record = environment.store.get(key)
    if (record === undefined) return PortBitmap.of(environment, range, 0)
    const object = environment.codec.parse(record.value) as KubeObject
    if (object.range !== portRangeText(range)) return PortBitmap.of(environment, range, record.revision)
    const bits = new Uint8Array(bytesFor(range))
    // The bits are those of a big-endian number without leading zeros.
    const number = Buffer.from(object.data ?? '', 'base64')
    for (let i = 0; i < bits.length && i < number.length; i++) bits[i] = number[number.length - 1 - i]!
    return new PortBitmap(range, record.revision, bits, object.metadata.creationTimestamp)
  }

  /** No port is taken. */
  static empty(range: PortRange, revision: number): PortBitmap {
    return new PortBitmap(range, revision, new Uint8Array(bytesFor(range)))
  }

  /** The ports of all services, over what is stored at `revision`. */
  static of(environment: RegistryEnvironment, range: PortRange, revision: number): PortBitmap {
    const bitmap = PortBitmap.empty(range, revision)
    for (const { value } of environment.store.scan(prefixRange(services))) {
      bitmap.takeAll(portsOf(specOf(environment.codec.parse(value) as KubeObject)))
    }
    return bitmap
  }

  /** Whether the same ports are taken. */
  equals(other: PortBitmap): boolean {
    return Buffer.compare(this.#bits, other.#bits) === 0
  }

  contains(port: number): boolean {
    return port >= this.range.first && port < this.range.first + this.range.size
  }

  has(port: number): boolean {
    const at = port - this.range.first
    return this.contains(port) && (this.#bits[at >> 3]! & (1 << (at & 7))) !== 0
  }

  /** Ports outside of the range are nobody's. */
  takeAll(ports: Iterable<number>): void {
    for (const port of ports) {
      const at = port - this.range.first
      if (this.contains(port)) this.#bits[at >> 3]! |= 1 << (at & 7)
    }
  }

  release(port: number): void {
    const at = port - this.range.first
    if (this.contains(port)) this.#bits[at >> 3]! &= ~(1 << (at & 7))
  }

  /**
   * A free port from a random one on: of the upper part first, since the lower is meant for ports asked for by number.
   * Undefined: none is free.
   */
  next(random: (below: number) => number): number | undefined {
    const { first, size } = this.range
    const reserved = reservedOf(size)
    for (const [from, length] of [
      [reserved, size - reserved],
      [0, reserved],
    ] as const) {
      const start = length > 0 ? random(length) : 0
      for (let i = 0; i < length; i++) {
        const port = first + from + ((start + i) % length)
        if (!this.has(port)) return port
      }
    }
    return undefined
  }

  write(environment: RegistryEnvironment): Write {
    let length = this.#bits.length
    while (length > 0 && this.#bits[length - 1] === 0) length--
    const object: KubeObject = {
      kind: 'RangeAllocation',
      apiVersion: 'v1',
      metadata: { name: 'servicenodeports', creationTimestamp: this.#created ?? rfc3339(environment.now()) },
      range: portRangeText(this.range),
      data: Buffer.from(this.#bits.subarray(0, length)).reverse().toString('base64'),
    }
    return {
      prefix: bitmapPrefix,
      key,
      expect: this.revision,
      value: encodeForStore(object, Buffer.alloc(0), environment.codec),
    }
  }
}

/** All node ports that a service holds, the health check's among them. */
export function portsOf(spec: Readonly<ServiceSpec>): Set<number> {
  const ports = new Set(usesNodePorts(spec) ? nodePortsOf(spec) : [])
  if (needsHealthCheck(spec) && spec.healthCheckNodePort) ports.add(spec.healthCheckNodePort)
  return ports
}

const bytesFor = ({ size }: PortRange): number => (size + 7) >> 3

/** A thirty-second, but 16 at least and 128 at most; nothing of the smallest ranges. */
const reservedOf = (size: number): number => (size <= 16 ? 0 : Math.min(Math.max(size >> 5, 16), 128))
