/** A metric that is a plain number on the hot path and becomes text only when somebody scrapes it. */
export interface Metric {
  readonly name: string
  /** The lines of the text exposition format, HELP and TYPE included; empty if there are labels and nothing was counted. */
  expose(): string
}

type Labels = readonly string[]

/** The label values of a series, joined: what a metric is looked up by. Values hold no line feeds of their own. */
const keyOf = (values: Labels): string => values.join('\n')

abstract class Family<S> implements Metric {
  protected readonly series = new Map<string, S>()

  constructor(
    readonly name: string,
    readonly help: string,
    readonly type: 'counter' | 'gauge' | 'histogram',
    readonly labels: Labels,
  ) {}

  expose(): string {
    // What has no labels is there from the start, so that its rate can be told of.
    if (this.series.size === 0 && this.labels.length === 0) this.at([])
    if (this.series.size === 0) return ''
    let text = `# HELP ${this.name} ${this.help}\n# TYPE ${this.name} ${this.type}\n`
    for (const [key, series] of this.series) text += this.lines(this.pairs(key), series)
    return text
  }

  protected at(values: Labels): S {
    const key = keyOf(values)
    let found = this.series.get(key)
    if (found === undefined) {
      found = this.zero()
      this.series.set(key, found)
    }
    return found
  }

  protected pairs(key: string): string {
    const values = key.split('\n')
    return this.labels.map((label, i) => `${label}="${escaped(values[i] ?? '')}"`).join(',')
  }

  protected abstract zero(): S
  protected abstract lines(pairs: string, series: S): string
}

const escaped = (value: string): string => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))
const braces = (pairs: string): string => (pairs === '' ? '' : `{${pairs}}`)

/** A counter, or a gauge that goes up and down. Label values are given in the order of the labels. */
export class Numbers extends Family<{ value: number }> {
  add(values: Labels, by = 1): void {
    this.at(values).value += by
  }

  set(values: Labels, to: number): void {
    this.at(values).value = to
  }

  /** Counts one series, which is looked up once: for what is counted all the time. */
  counterOf(values: Labels): (by?: number) => void {
    let series: { value: number } | undefined
    return (by = 1) => {
      series ??= this.at(values)
      series.value += by
    }
  }

  protected zero() {
    return { value: 0 }
  }

  protected lines(pairs: string, { value }: { value: number }): string {
    return `${this.name}${braces(pairs)} ${value}\n`
  }
}

/** A gauge whose values are looked up when somebody scrapes it. */
export class ReadGauge extends Numbers {
  /** @param read label values in the order of the labels, and the value of the series */
  constructor(
    name: string,
    help: string,
    labels: Labels,
    readonly read: () => Iterable<readonly [labels: Labels, value: number]>,
    type: 'gauge' | 'counter' = 'gauge',
  ) {
    super(name, help, type, labels)
  }

  override expose(): string {
    this.series.clear()
    for (const [labels, value] of this.read()) this.set(labels, value)
    return this.series.size === 0 ? '' : super.expose()
  }
}

interface Distribution {
  sum: number
  readonly counts: Float64Array
}

export class Histogram extends Family<Distribution> {
  constructor(
    name: string,
    help: string,
    labels: Labels,
    readonly bounds: readonly number[],
  ) {
    super(name, help, 'histogram', labels)
  }

  observe(values: Labels, value: number): void {
    this.#count(this.at(values), value)
  }

  /** Observes one series, which is looked up once: for what is measured all the time. */
  observerOf(values: Labels): (value: number) => void {
    let series: Distribution | undefined
    return (value) => {
      series ??= this.at(values)
      this.#count(series, value)
    }
  }

  #count(series: Distribution, value: number): void {
    series.sum += value
    let low = 0
    let high = this.bounds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (value <= this.bounds[middle]!) high = middle
      else low = middle + 1
    }
    series.counts[low]! += 1
  }

  protected zero(): Distribution {
    return { sum: 0, counts: new Float64Array(this.bounds.length + 1) }
  }

  protected lines(pairs: string, { sum, counts }: Distribution): string {
    const more = pairs === '' ? '' : `${pairs},`
    let text = ''
    let total = 0
    this.bounds.forEach((bound, i) => {
      total += counts[i]!
      text += `${this.name}_bucket{${more}le="${floatText(bound)}"} ${total}\n`
    })
    total += counts[this.bounds.length]!
    text += `${this.name}_bucket{${more}le="+Inf"} ${total}\n`
    return `${text}${this.name}_sum${braces(pairs)} ${sum}\n${this.name}_count${braces(pairs)} ${total}\n`
  }
}

/** As Go writes it, with an exponent from a million on and below a ten-thousandth: bounds are labels, and queries name them. */
export function floatText(value: number): string {
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** `count` bounds from `start`, each `factor` times the one before. */
export const exponential = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start * factor ** i)
