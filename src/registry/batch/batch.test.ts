import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import { judge } from '../core/testing.js'
import { checkSchedule } from './cron-schedule.js'
import { cronjobs } from './cronjobs.js'
import { countIndexes, overlap } from './indexes.js'
import { jobs } from './jobs.js'
import { isTimeZone } from './time-zone.js'

const podSpec = (more: object = {}) => ({ restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }], ...more })
const template = { spec: podSpec() }
const metadata = { name: 'x', uid: 'u' }
const job = (more: object = {}) => ({ metadata, spec: { template, ...more } })
const indexed = (more: object = {}) => job({ completionMode: 'Indexed', completions: 5, ...more })

/** A job as it is stored: with its selector and the labels of its pods. */
function stored(more: object = {}, status: object = {}) {
  const labels = {
    'controller-uid': 'u',
    'job-name': 'x',
    'batch.kubernetes.io/controller-uid': 'u',
    'batch.kubernetes.io/job-name': 'x',
  }
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } }
  return { metadata, spec: { template: { metadata: { labels }, spec: podSpec() }, selector, ...more }, status }
}

describe('Jobs', () => {
  const { read, created, changed, statusChanged, warnings } = judge(jobs, 'Job', 'batch')
  const prepared = (body: object): KubeObject => {
    const object = read(body)
    jobs.prepareForCreate?.(object, { enabled: () => true, dryRun: false } as never)
    return object
  }

  test.each<[string, object, boolean]>([
    ['no labels of its own', job(), true],
    ['labels of its own', { ...job(), metadata: { ...metadata, labels: { a: 'b' } } }, false],
    ['labelled pods', job({ template: { metadata: { labels: { a: 'b' } }, spec: podSpec() } }), false],
    [
      'a selector of its own',
      job({
        manualSelector: true,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: podSpec() },
      }),
      false,
    ],
  ])('%s: whether the first update writes its labels', (_, body, unsettled) => {
    const { unsettledWhenCreated } = jobs
    expect(typeof unsettledWhenCreated === 'function' && unsettledWhenCreated(prepared(body))).toBe(unsettled)
  })

  test('defaults', () => {
    expect(read(job()).spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: false,
    })
    expect(read(job({ parallelism: 3 })).spec.completions).toBeUndefined()
    expect(read(indexed({ backoffLimitPerIndex: 1, podFailurePolicy: {} })).spec).toMatchObject({
      backoffLimit: 2147483647,
      podReplacementPolicy: 'Failed',
    })
  })

  test('a selector is made, and labels for the pods and the job', () => {
    const { spec, metadata } = prepared(job())
    expect(spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } })
    expect(spec.template.metadata.labels).toEqual(stored().spec.template.metadata.labels)
    expect(metadata.labels).toEqual(spec.template.metadata.labels)
    const labelled = prepared({ ...job(), metadata: { ...metadata, labels: { own: '1' } } })
    expect(labelled.metadata.labels).toEqual({ own: '1' })
    const manual = prepared(job({ manualSelector: true, selector: { matchLabels: { a: 'b' } } }))
    expect(manual.spec.selector).toEqual({ matchLabels: { a: 'b' } })
    expect(manual.spec.template.metadata.labels).toBeUndefined()
  })

  const mode = 'requires indexed completion mode'
  test.each<[object, string[]]>([
    [{}, []],
    [
      { template: { spec: podSpec({ restartPolicy: 'Always' }) } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'other' } } },
      [
        'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"other"}}: `selector` not auto-generated',
        'spec.template.metadata.labels: Invalid value: {"batch.kubernetes.io/controller-uid":"u",' +
          '"batch.kubernetes.io/job-name":"x","controller-uid":"u","job-name":"x"}: `selector` does not match template `labels`',
      ],
    ],
    [
      { backoffLimitPerIndex: 1, maxFailedIndexes: 1 },
      [`spec.backoffLimitPerIndex: Invalid value: 1: ${mode}`, `spec.maxFailedIndexes: Invalid value: 1: ${mode}`],
    ],
    [
      { completionMode: 'Indexed', completions: undefined, parallelism: 1 },
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [
      { completionMode: 'Indexed', completions: 200_000, parallelism: 100_001, backoffLimitPerIndex: 1 },
      [
        'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
        'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
        'spec.parallelism: Invalid value: 100001: must be less than or equal to 10000 when completions are above 100000 ' +
          'and used with backoff limit per index',
      ],
    ],
    [
      { podReplacementPolicy: 'Never' },
      ['spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"'],
    ],
    [
      { managedBy: 'me' },
      ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      {
        podFailurePolicy: {
          rules: [
            { action: 'FailIndex', onExitCodes: { operator: 'In', values: [3, 0, 3], containerName: 'd' } },
            { action: 'Ignore' },
            { onPodConditions: [{ type: 'Ready', status: 'Maybe' }] },
          ],
        },
      },
      [
        'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
        'spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "d": must be one of the container or ' +
          'initContainer names in the pod template',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3',
        'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered',
        'spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
        'spec.podFailurePolicy.rules[2].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
        'spec.podFailurePolicy.rules[2].onPodConditions[0].status: Unsupported value: "Maybe": ' +
          'supported values: "False", "True", "Unknown"',
      ],
    ],
    [
      {
        completionMode: 'Indexed',
        completions: 3,
        successPolicy: { rules: [{}, { succeededIndexes: '0-1', succeededCount: 3 }, { succeededIndexes: '1,1' }] },
      },
      [
        'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
        'spec.successPolicy.rules[1].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of ' +
          'indexes in the specified succeededIndexes field)',
        'spec.successPolicy.rules[2].succeededIndexes: Invalid value: "1,1": error parsing succeededIndexes: ' +
          'non-increasing order, previous: 1, current: 1',
      ],
    ],
  ])('%j', (more, found) => {
    expect(created(job(more))).toEqual(found)
  })

  test('names of indexed pods must be labels', () => {
    const long = { ...indexed({ completions: 11 }), metadata: { name: 'n'.repeat(61), uid: 'u' } }
    expect(created(long)).toEqual([
      `metadata.name: Invalid value: "${'n'.repeat(61)}": will not able to create pod with invalid DNS label: ${'n'.repeat(61)}-10`,
    ])
    expect(created({ ...long, spec: { ...long.spec, completions: 10 } })).toEqual([])
  })

  describe('changes', () => {
    const image = (text: string) => {
      const body = stored()
      return { ...body.spec.template, spec: podSpec({ containers: [{ name: 'c', image: text }] }) }
    }
    const suspended = { suspend: true }
    const node = { ...stored().spec.template, spec: podSpec({ nodeSelector: { a: 'b' } }) }
    const limits = {
      ...stored().spec.template,
      spec: podSpec({ containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '1' } } }] }),
    }
    test.each<[string, object, object, object, string[]]>([
      ['parallelism', { completions: 2 }, {}, { parallelism: 3 }, []],
      ['completions', {}, {}, { completions: 3 }, ['spec.completions']],
      [
        'completions of an indexed job',
        { completionMode: 'Indexed', completions: 2 },
        {},
        { completions: 3, parallelism: 3 },
        [],
      ],
      [
        'completions alone',
        { completionMode: 'Indexed', completions: 2 },
        {},
        { completions: 3 },
        ['spec.completions'],
      ],
      ['completion mode', { completions: 2 }, {}, { completionMode: 'Indexed' }, ['spec.completionMode']],
      ['an image', {}, {}, { template: image('j') }, ['spec.template']],
      ['an image of a suspended job', suspended, {}, { template: image('j') }, ['spec.template.spec']],
      ['the nodes', {}, {}, { template: node }, ['spec.template']],
      ['the nodes of a suspended job', suspended, {}, { template: node }, []],
      [
        'the nodes of one that has run',
        suspended,
        { startTime: '2026-01-01T00:00:00Z' },
        { template: node },
        ['spec.template'],
      ],
      [
        'the nodes of one that has been stopped',
        suspended,
        { startTime: '2026-01-01T00:00:00Z', conditions: [{ type: 'Suspended', status: 'True' }] },
        { template: node },
        [],
      ],
      ['resources', {}, {}, { template: limits }, ['spec.template']],
      ['resources of a suspended job', suspended, {}, { template: limits }, []],
      ['resources while pods run', suspended, { active: 1 }, { template: limits }, ['spec.template']],
    ])('%s', (_what, spec, status, change, fields) => {
      const found = changed(stored(spec, status), stored({ ...spec, ...change }))
      expect(found.map((text) => text.split(':', 1)[0])).toEqual(fields)
    })
  })

  describe('status', () => {
    const done = (...types: string[]) => types.map((type) => ({ type, status: 'True' }))
    const start = '2026-01-01T00:00:00Z'
    const end = '2026-01-01T01:00:00Z'
    const complete = { conditions: done('SuccessCriteriaMet', 'Complete'), startTime: start, completionTime: end }
    test.each<[string, object, object, object, string[]]>([
      ['complete', {}, {}, complete, []],
      [
        'counters',
        {},
        { failed: 2, succeeded: 2 },
        { failed: 1, succeeded: 1 },
        [
          'status.failed: Invalid value: 1: cannot decrease the failed counter',
          'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter',
        ],
      ],
      [
        'complete without reason',
        {},
        {},
        { conditions: done('Complete'), startTime: start },
        [
          'status.completionTime: Required value: completionTime is required for Complete jobs',
          'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
        ],
      ],
      [
        'failed without start',
        {},
        {},
        { conditions: done('Failed'), active: 1, terminating: 1 },
        [
          'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
          'status.active: Invalid value: 1: active>0 is invalid for finished job',
          'status.startTime: Required value: startTime is required for finished job',
          'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job',
        ],
      ],
      [
        'ended before it started',
        {},
        {},
        { ...complete, startTime: end, completionTime: start },
        [`status.completionTime: Invalid value: "${start}": must be equal to or after \`startTime\``],
      ],
      [
        'terminal conditions stay',
        {},
        complete,
        { startTime: start },
        [
          'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
          'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
        ],
      ],
      [
        'the start stays',
        {},
        { startTime: start },
        { startTime: end },
        [`status.startTime: Invalid value: "${end}": field is immutable for unsuspended job once set`],
      ],
      [
        'indexes',
        { completionMode: 'Indexed', completions: 3, backoffLimitPerIndex: 1 },
        {},
        { completedIndexes: '0-1', failedIndexes: '1-3' },
        ['status.failedIndexes: Invalid value: "1-3": error parsing failedIndexes: too large index: "3"'],
      ],
      [
        'indexes twice',
        { completionMode: 'Indexed', completions: 3, backoffLimitPerIndex: 1 },
        {},
        { completedIndexes: '0-1', failedIndexes: '1-2' },
        ['status.failedIndexes: Invalid value: "1-2": failedIndexes and completedIndexes overlap at index: 1'],
      ],
      [
        'indexes of a plain job',
        {},
        {},
        { completedIndexes: '0', failedIndexes: '' },
        [
          'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
          'status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
        ],
      ],
      ['what was wrong before may stay', {}, { ready: 2 }, { ready: 2, failed: 1 }, []],
      [
        'more ready than active',
        {},
        {},
        { ready: 2, active: 1 },
        ['status.ready: Invalid value: 2: cannot set more ready pods than active'],
      ],
      [
        'pods counted twice',
        {},
        {},
        { uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a'] } },
        [
          'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
          'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
        ],
      ],
    ])('%s', (_what, spec, old, status, found) => {
      expect(statusChanged(stored(spec, old), { status })).toEqual(found)
    })
  })

  test('warnings', () => {
    expect(warnings(indexed({ completions: 100_001, parallelism: 10_001 }))).toEqual([
      expect.stringMatching(/^spec: In Indexed Jobs with a number of completions higher than 10\^5/),
    ])
    expect(jobs.deleteWarnings?.({})).toHaveLength(1)
    expect(jobs.deleteWarnings?.({ propagationPolicy: 'Orphan' })).toEqual([])
    expect(jobs.deleteWarnings?.({ orphanDependents: false })).toEqual([])
  })
})

describe('CronJobs', () => {
  const { read, created, changed } = judge(cronjobs, 'CronJob', 'batch')
  const cron = (more: object = {}) => ({
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template } }, ...more },
  })

  test('defaults', () => {
    expect(read(cron()).spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    })
    expect(read(cron()).spec.jobTemplate.spec.completions).toBeUndefined()
  })

  const noZone = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
  test.each<[object, string[]]>([
    [{}, []],
    [{ schedule: '' }, ['spec.schedule: Required value']],
    [{ schedule: 'TZ=UTC 0 0 * * *' }, [`spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": ${noZone}`]],
    [{ timeZone: '' }, ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string']],
    [{ timeZone: 'Europe/Paris' }, []],
    [{ timeZone: '../etc' }, ['spec.timeZone: Invalid value: "../etc": unknown time zone ../etc']],
    [
      { timeZone: 'local' },
      [
        'spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
        'spec.timeZone: Invalid value: "local": unknown time zone local',
      ],
    ],
    [
      { concurrencyPolicy: 'Wait' },
      ['spec.concurrencyPolicy: Unsupported value: "Wait": supported values: "Allow", "Forbid", "Replace"'],
    ],
    [
      { jobTemplate: { spec: { template, manualSelector: true, selector: {} } } },
      [
        'spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated',
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      ],
    ],
  ])('%j', (more, found) => {
    expect(created(cron(more))).toEqual(found)
  })

  test('names leave room for the time of the job', () => {
    const named = (length: number) => ({ ...cron(), metadata: { name: 'n'.repeat(length) } })
    expect(created(named(52))).toEqual([])
    expect(created(named(53))).toEqual([
      `metadata.name: Invalid value: "${'n'.repeat(53)}": must be no more than 52 characters`,
    ])
    expect(changed(named(53), named(53))).toEqual([])
  })

  test('what was stored before stays valid', () => {
    const old = cron({ schedule: 'TZ=UTC 0 0 * * *', timeZone: 'Nowhere/At-All' })
    expect(changed(old, cron({ schedule: 'TZ=UTC 1 0 * * *' }))).toEqual([])
    expect(changed(old, old)).toEqual([
      'spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule',
    ])
  })
})

describe('schedules', () => {
  test.each<[string, string | undefined]>([
    ['*/5 0-23/2 1,15 jan-DEC MON', undefined],
    ['? ? ? ? ?', undefined],
    ['59/7 * * * *', undefined],
    ['@hourly', undefined],
    ['@every 1h30m', undefined],
    ['TZ=Europe/Rome 0 0 * * *', undefined],
    ['@often', 'unrecognized descriptor: @often'],
    ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['*/1/2 * * * *', 'too many slashes: */1/2'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    [
      '99999999999999999999 * * * *',
      'failed to parse int from 99999999999999999999: strconv.Atoi: parsing "99999999999999999999": value out of range',
    ],
    ['*/-1 * * * *', 'negative number (-1) not allowed: -1'],
    ['TZ=Mars/Dome 0 0 * * *', 'provided bad location Mars/Dome: unknown time zone Mars/Dome'],
    ['TZ=UTC', 'invalid schedule format: runtime error: slice bounds out of range [:-1]'],
  ])('%s', (schedule, wrong) => {
    expect(checkSchedule(schedule)).toBe(wrong)
  })

  test('of any text either nothing or something is wrong', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const wrong = checkSchedule(text)
        expect(wrong === undefined || wrong.length > 0).toBe(true)
      }),
    )
  })
})

test('time zones', () => {
  const known = [
    'UTC',
    'Etc/UTC',
    'Europe/Berlin',
    'US/Pacific',
    'Asia/Kolkata',
    'EST',
    'EST5EDT',
    'Etc/GMT+5',
    'GMT0',
    'Factory',
    'America/Argentina/Ushuaia',
  ]
  const unknown = [
    'utc',
    'europe/berlin',
    'Europe/berlin',
    'PST',
    'BST',
    '+01',
    'Mars/Dome',
    'SystemV/EST5',
    '',
    'Cet',
    'EGYPT',
    'Asia/Tel_aviv',
    '__proto__',
    'UTC UTC',
    '/UTC',
  ]
  expect(known.filter((name) => !isTimeZone(name))).toEqual([])
  expect(unknown.filter(isTimeZone)).toEqual([])
})

describe('indexes', () => {
  test.each<[string, string]>([
    ['a', 'cannot convert string to integer for index: "a"'],
    ['1-', 'cannot convert string to integer for index: ""'],
    [
      '1-2-3',
      'the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by \'-\'',
    ],
    ['10', 'too large index: "10"'],
    ['3-3', 'non-increasing order, previous: 3, current: 3'],
    ['3,2', 'non-increasing order, previous: 3, current: 2'],
  ])('%s', (text, message) => {
    expect(() => countIndexes(text, 10)).toThrow(message)
  })

  const sets = fc.uniqueArray(fc.nat(30)).map((list) => list.sort((a, b) => a - b))
  const textOf = (list: readonly number[]): string => {
    const parts: string[] = []
    for (let i = 0; i < list.length; i++) {
      const first = list[i]!
      while (list[i + 1] === list[i]! + 1) i++
      parts.push(first === list[i] ? `${first}` : `${first}-${list[i]}`)
    }
    return parts.join(',')
  }
  test('are counted, and what two lists share is found', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        expect(countIndexes(textOf(a), 31)).toBe(a.length)
        expect(overlap(textOf(a), textOf(b), 31)).toBe(a.find((index) => b.includes(index)))
      }),
    )
  })
})
