/**
 * A number that a JSON text writes in a way a JavaScript number would not give back: `1.0`, `1e3`, or an integer beyond 64
 * bits. Integer fields refuse it by its literal, as Go does; where no type minds, it is a float64.
 */
export class JsonNumber {
  constructor(readonly literal: string) {}

  get value(): number {
    return Number(this.literal)
  }

  toJSON(): number {
    return this.value
  }
}
