import { type Checked, check } from './check/checker.js'
import { Declarations } from './check/declarations.js'
import { validate } from './check/validate.js'
import type { Compilation, Compiled, SizeEstimator } from './compiled.js'
import { estimateCost } from './estimate.js'
import type { Library, Range } from './library.js'
import { parse } from './parse/parser.js'
import { Frame } from './plan/frame.js'
import { Planner } from './plan/planner.js'
import type { Activation, EvaluateOptions, Evaluation, Program } from './program.js'
import { RegexCache } from './regex-cache.js'
import { IssueList, Source } from './source.js'
import { twoVariableComprehensions } from './stdlib/comprehensions.js'
import { optionalLibrary } from './stdlib/optional.js'
import { standardLibrary } from './stdlib/standard.js'
import { wellKnownTypes } from './stdlib/well-known.js'
import type { TypeProvider } from './type-provider.js'
import { type Type, types } from './types.js'
import { CelError, type Value } from './values.js'
import { Stopped, withSteps } from './work.js'

export interface EnvironmentOptions {
  /** Besides the language's own: standard functions, optionals, folds over two variables. Later ones take precedence. */
  readonly libraries?: readonly Library[]
  readonly variables?: Readonly<Record<string, Type>>
  /** Object types. */
  readonly types?: TypeProvider
  /**
   * Kubernetes' minor version whose libraries new expressions may use. Undefined: all that are in use, as expressions
   * that are stored already need.
   */
  readonly version?: number
  /** Namespace in which names are looked for first. Default: none. */
  readonly container?: string
}

/** What expressions of one place may use. Immutable; making one is not free, so make it once. */
export class Environment {
  readonly #options: EnvironmentOptions
  readonly #language: readonly Library[]
  readonly #declarations: Declarations
  readonly #equality: NonNullable<Library['equality']>

  constructor(options: EnvironmentOptions = {}, language: readonly Library[] = languageLibraries()) {
    const { libraries = [], variables = {}, types: provider, container = '', version } = options
    this.#options = options
    this.#language = language
    const all = [...language, ...libraries]
    this.#declarations = new Declarations({
      libraries: all,
      variables,
      types: withWellKnown(provider),
      container,
      version,
    })
    this.#equality = all.flatMap(({ equality = [] }) => equality)
  }

  /** With more of everything; types replace types, a version a version. */
  extend(more: EnvironmentOptions): Environment {
    const old = this.#options
    return new Environment(
      {
        ...old,
        ...more,
        libraries: [...(old.libraries ?? []), ...(more.libraries ?? [])],
        variables: { ...old.variables, ...more.variables },
      },
      this.#language,
    )
  }

  compile(text: string): Compilation {
    const issues = new IssueList(new Source(text))
    const { expr, offsets } = parse(text, this.#declarations.macros, issues)
    if (issues.count > 0) return { issues: issues.report() }
    const checked = check(expr, this.#declarations, offsets, issues)
    if (issues.count === 0) validate(checked, this.#declarations, offsets, issues)
    if (issues.count > 0) return { issues: issues.report() }
    return { compiled: new CompiledExpression(text, checked, this.#equality) }
  }
}

const withWellKnown = (provider: TypeProvider | undefined): TypeProvider =>
  provider === undefined ? wellKnownTypes : { find: (name) => provider.find(name) ?? wellKnownTypes.find(name) }

/** What every environment has. Regular expressions are compiled once for all that share it. */
export function languageLibraries(regexes = new RegexCache()): readonly Library[] {
  return [standardLibrary(regexes), { ...optionalLibrary(), since: 28 }, twoVariableComprehensions()]
}

class CompiledExpression implements Compiled {
  constructor(
    readonly text: string,
    readonly checked: Checked,
    readonly equality: NonNullable<Library['equality']>,
  ) {}

  get type(): Type {
    return this.checked.types[this.expr.id] ?? types.dyn
  }

  get expr(): Checked['expr'] {
    return this.checked.expr
  }

  get variables(): ReadonlySet<string> {
    return this.checked.variables
  }

  estimateCost(sizes: SizeEstimator = () => undefined): Range {
    return estimateCost(this.checked, sizes, this.equality)
  }

  program(): Program {
    const planner = new Planner(this.checked)
    const { eval: run } = planner.plan(this.checked.expr)
    const { variables, slots: size } = planner
    return {
      evaluate(activation: Activation, options: EvaluateOptions = {}): Evaluation {
        const slots = new Array<Value | undefined>(size)
        for (let i = 0; i < variables.length; i++) slots[i] = activation[variables[i]!]
        const frame = new Frame(slots, options.budget ?? Number.POSITIVE_INFINITY, options.signal)
        try {
          const value = withSteps(() => run(frame))
          frame.checkBudget()
          return { value, cost: frame.cost }
        } catch (error) {
          return failure(error, frame)
        }
      },
    }
  }
}

function failure(error: unknown, { cost, budget }: Frame): Evaluation {
  if (error instanceof Stopped || (error instanceof CelError && cost > budget)) {
    const reason = error instanceof Stopped ? error.reason : 'budget'
    const message = reason === 'budget' ? 'operation cancelled: actual cost limit exceeded' : 'operation interrupted'
    return { error: { message, reason }, cost }
  }
  if (error instanceof CelError) return { error: { message: error.message, reason: 'failed' }, cost }
  throw error
}
