import {
  type FlowController,
  type FlowControlMetrics,
  type FlowCounts,
  type FlowObserver,
  type LevelObserver,
  type PriorityLevel,
  toSeconds,
} from '../../flowcontrol/index.js'
import { Histogram, type Metric, Numbers, ReadGauge } from './series.js'
import { type TimedGauge, TimingHistogram } from './timing-histogram.js'

const level = 'priority_level'
const pair = [level, 'flow_schema']

/** Source of names, labels and bounds: apiserver pkg/util/flowcontrol/metrics. */
const seconds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const tenths = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]
const skewed = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1]
const demands = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6]

const named = (name: string): string => `apiserver_flowcontrol_${name}`

/** apiserver_flowcontrol_*: numbers are read off the controller when somebody asks, histograms are kept up to date. */
export class FlowMetrics implements FlowControlMetrics {
  readonly #waits = new Histogram(
    named('request_wait_duration_seconds'),
    'Time that requests waited in a queue.',
    [...pair, 'execute'],
    seconds,
  )
  readonly #executions = new Histogram(
    named('request_execution_seconds'),
    'Time that requests were served, of watches until they had begun.',
    [...pair, 'type'],
    seconds,
  )
  readonly #seats = new Histogram(
    named('work_estimated_seats'),
    'Seats that requests were estimated to need.',
    pair,
    [1, 2, 4, 8, 16, 32, 64, 100],
  )
  readonly #watchers = new Histogram(
    named('watch_count_samples'),
    'Watchers that writes had to be told to.',
    pair,
    [0, 1, 10, 100, 1000, 10000],
  )
  readonly #lengths = new Histogram(
    named('request_queue_length_after_enqueue'),
    'Length of the queue that a request was put in, itself among them.',
    pair,
    [0, 10, 25, 50, 100, 250, 500, 1000],
  )
  readonly #seatShare: TimingHistogram
  readonly #requestShare: TimingHistogram
  readonly #demand: TimingHistogram
  readonly #kinds: TimingHistogram

  /** @param now the flow clock */
  constructor(readonly now: () => number) {
    const timed = (name: string, help: string, labels: readonly string[], bounds: readonly number[]) =>
      new TimingHistogram(named(name), help, labels, bounds, now)
    this.#seatShare = timed(
      'priority_level_seat_utilization',
      'Share of the seats that was in use, by nanoseconds.',
      ['phase', level],
      tenths,
    )
    this.#requestShare = timed(
      'priority_level_request_utilization',
      'Requests waiting or executing as a share of what there is room for, by nanoseconds.',
      ['phase', level],
      skewed,
    )
    this.#demand = timed(
      'demand_seats',
      'Seats that could have been used as a share of the nominal ones, by nanoseconds.',
      [level],
      demands,
    )
    this.#kinds = timed(
      'read_vs_write_current_requests',
      'Requests waiting or executing, by whether they change something, as a share of the limit, by nanoseconds.',
      ['phase', 'request_kind'],
      [0, 0.001, 0.01, ...tenths.slice(1)],
    )
  }

  level(name: string): LevelObserver {
    const seatShare = this.#seatShare.gauge(['executing', name])
    const executingShare = this.#requestShare.gauge(['executing', name])
    const waitingShare = this.#requestShare.gauge(['waiting', name])
    const demanded = this.#demand.gauge([name])
    let places = 1
    let seats = 1
    return {
      changed(now, waiting, executing, seatsInUse, seatDemand) {
        waitingShare.set(waiting / places, now)
        executingShare.set(executing / seats, now)
        seatShare.set(seatsInUse / seats, now)
        demanded.set(seatDemand / seats, now)
      },
      limits(_now, waitingPlaces, limit) {
        places = waitingPlaces
        seats = limit
      },
    }
  }

  flow(priorityLevel: string, schema: string): FlowObserver {
    const labels = [priorityLevel, schema]
    const waited = this.#waits.observerOf([...labels, 'true'])
    const refused = this.#waits.observerOf([...labels, 'false'])
    const regular = this.#executions.observerOf([...labels, 'regular'])
    const watch = this.#executions.observerOf([...labels, 'watch'])
    return {
      waited: (time, executed) => (executed ? waited : refused)(time),
      executed: (time, isWatch) => (isWatch ? watch : regular)(time),
      seats: this.#seats.observerOf(labels),
      watchers: this.#watchers.observerOf(labels),
      queueLength: this.#lengths.observerOf(labels),
    }
  }

  /** Follows the numbers of requests that wait and execute, reading and changing ones apart. */
  kinds(controller: FlowController) {
    const follow = (phase: 'waiting' | 'executing', kind: string): Followed => ({
      gauge: this.#kinds.gauge([phase, kind]),
      number: 0,
    })
    const followed = {
      waiting: [follow('waiting', 'readOnly'), follow('waiting', 'mutating')],
      executing: [follow('executing', 'readOnly'), follow('executing', 'mutating')],
    } as const
    let { totals } = controller
    return {
      /** To be called when limits have changed. */
      limits(): void {
        totals = controller.totals
      },
      changed(phase: 'waiting' | 'executing', mutating: boolean, change: 1 | -1, now: number): void {
        const one = followed[phase][mutating ? 1 : 0]
        one.number += change
        one.gauge.set(one.number / Math.max(1, totals[phase]), now)
      },
    }
  }

  all(controller: FlowController): readonly Metric[] {
    const ofLevels = (name: string, help: string, value: (one: PriorityLevel) => number | undefined) =>
      new ReadGauge(named(name), help, [level], function* () {
        for (const one of controller.levels) {
          const found = value(one)
          if (found !== undefined) yield [[one.name], found]
        }
      })
    const ofFlows = (name: string, help: string, value: (one: FlowCounts) => number) =>
      new ReadGauge(named(name), help, pair, function* () {
        for (const one of controller.counts) if (one.dispatched > 0 || value(one) > 0) yield [pairOf(one), value(one)]
      })
    const bounds = (name: string, help: string, of: 'nextS' | 'discountedS') =>
      new ReadGauge(named(name), help, [level, 'bound'], function* () {
        for (const { name: own, queueSet } of controller.levels) {
          const found = queueSet.lastDispatch?.[of]
          if (found === undefined) continue
          yield [[own, 'min'], toSeconds(found[0])]
          yield [[own, 'max'], toSeconds(found[1])]
        }
      })
    return [
      new ReadCounter(named('rejected_requests_total'), 'Requests refused.', [...pair, 'reason'], function* () {
        for (const one of controller.counts)
          for (const [reason, count] of Object.entries(one.refused))
            if (count > 0) yield [[...pairOf(one), reason], count]
      }),
      new ReadCounter(named('dispatched_requests_total'), 'Requests let in.', pair, function* () {
        for (const one of controller.counts) if (one.dispatched > 0) yield [pairOf(one), one.dispatched]
      }),
      new ReadCounter(
        named('request_dispatch_no_accommodation_total'),
        'Times that the next request could not be let in for want of seats.',
        pair,
        function* () {
          for (const one of controller.counts) if (one.notAccommodated > 0) yield [pairOf(one), one.notAccommodated]
        },
      ),
      new ReadCounter(
        named('epoch_advance_total'),
        'Times that virtual time was wound back.',
        [level, 'success'],
        function* () {
          for (const { name, queueSet } of controller.levels)
            if (queueSet.epochs > 0) yield [[name, 'true'], queueSet.epochs]
        },
      ),
      ofFlows('current_inqueue_requests', 'Requests waiting.', (one) => one.waitingRequests),
      ofFlows('current_inqueue_seats', 'Seats that waiting requests ask for.', (one) => one.waitingSeats),
      ofFlows('current_executing_requests', 'Requests executing.', (one) => one.executingRequests),
      ofFlows('current_executing_seats', 'Seats in use.', (one) => one.executingSeats),
      ofLevels('nominal_limit_seats', 'Seats by share.', ({ nominal }) => nominal),
      ofLevels('lower_limit_seats', 'Seats that are not lent.', ({ min }) => min),
      ofLevels('upper_limit_seats', 'Seats with as many as may be borrowed.', ({ max }) => max),
      ofLevels('current_limit_seats', 'Seats there are now.', ({ current }) => current),
      ofLevels('demand_seats_high_watermark', 'Most seats asked for at once.', ({ demand }) => demand.highWatermark),
      ofLevels('demand_seats_average', 'Seats asked for on average.', ({ demand }) => demand.average),
      ofLevels('demand_seats_stdev', 'Standard deviation of the seats asked for.', ({ demand }) => demand.deviation),
      ofLevels('demand_seats_smoothed', 'Seats asked for, smoothed.', ({ demand }) => demand.smoothed),
      ofLevels('target_seats', 'Seats that were to be shared out.', ({ target }) => target),
      new ReadGauge(named('seat_fair_frac'), 'Part of demand that was met.', [], () => [[[], controller.fairFraction]]),
      ofLevels('current_r', 'Virtual time.', ({ queueSet }) => toSeconds(queueSet.currentR)),
      ofLevels('dispatch_r', 'Virtual time of the last dispatch.', ({ queueSet: { lastDispatch } }) =>
        lastDispatch === undefined ? undefined : toSeconds(lastDispatch.currentR),
      ),
      ofLevels('latest_s', 'Virtual start of the last dispatch.', ({ queueSet: { lastDispatch } }) =>
        lastDispatch === undefined ? undefined : toSeconds(lastDispatch.latestS),
      ),
      bounds('next_s_bounds', 'Least and greatest virtual start of the queues.', 'nextS'),
      bounds('next_discounted_s_bounds', 'The same, less work in progress.', 'discountedS'),
      ...[this.#waits, this.#executions, this.#seats, this.#watchers, this.#lengths],
      ...[this.#seatShare, this.#requestShare, this.#demand, this.#kinds],
    ]
  }
}

interface Followed {
  readonly gauge: TimedGauge
  number: number
}

const pairOf = (counts: FlowCounts): readonly string[] => [counts.level, counts.schema]

type Series = Iterable<readonly [labels: readonly string[], value: number]>

/** A counter that somebody else counts. */
class ReadCounter extends Numbers {
  constructor(
    name: string,
    help: string,
    labels: readonly string[],
    readonly read: () => Series,
  ) {
    super(name, help, 'counter', labels)
  }

  override expose(): string {
    for (const [labels, value] of this.read()) this.set(labels, value)
    return super.expose()
  }
}
