import { describe, expect, test } from 'vitest'
import { FieldErrors, type KubeObject } from '../../api/index.js'
import { podgroups } from './podgroups.js'
import { workloads } from './workloads.js'

const told = (errors: FieldErrors): string[] => errors.list.map(({ field, message }) => `${field}: ${message}`)
const none = undefined as never
const of = (spec: object, status?: object): KubeObject => ({ metadata: { name: 'a' }, spec, status }) as KubeObject
const basic = { basic: {} }
const template = (more: object = {}): object => ({ name: 't', schedulingPolicy: basic, ...more })
const at = 'spec.podGroupTemplates[0]'

describe('workloads', () => {
  test.each<[object, string[]]>([
    [{ podGroupTemplates: [template()] }, []],
    [{}, ['spec.podGroupTemplates: Required value']],
    [
      { podGroupTemplates: Array.from({ length: 9 }, (_, i) => template({ name: `t${i}` })) },
      ['spec.podGroupTemplates: Too many: 9: must have at most 8 items'],
    ],
    [
      { controllerRef: { kind: 'a/b' }, podGroupTemplates: [template()] },
      [
        'spec.controllerRef.kind: Invalid value: "a/b": may not contain \'/\'',
        'spec.controllerRef.name: Required value',
      ],
    ],
    [{ podGroupTemplates: [template({ name: 'a.b' })] }, [`${at}.name: Invalid value: "a.b": must not contain dots`]],
    [
      { podGroupTemplates: [template({ schedulingPolicy: {} })] },
      [`${at}.schedulingPolicy: Invalid value: "": must specify one of: \`basic\`, \`gang\``],
    ],
    [
      { podGroupTemplates: [template({ schedulingPolicy: { basic: {}, gang: { minCount: -1 } } })] },
      [
        `${at}.schedulingPolicy: Invalid value: "{basic, gang}": must specify exactly one of: \`basic\`, \`gang\``,
        `${at}.schedulingPolicy.gang.minCount: Invalid value: -1: must be greater than or equal to 1`,
      ],
    ],
    [
      { podGroupTemplates: [template({ resourceClaims: [{}], disruptionMode: 'X', priority: 1_000_000_001 })] },
      [
        `${at}.resourceClaims[0]: Invalid value: "": must specify one of: \`resourceClaimName\`, \`resourceClaimTemplateName\``,
        `${at}.resourceClaims[0].name: Required value`,
        `${at}.disruptionMode: Unsupported value: "X": supported values: "Pod", "PodGroup"`,
        `${at}.priority: Invalid value: 1000000001: must be less than or equal to 1000000000`,
      ],
    ],
  ])('%j', (spec, wanted) => {
    const errors = new FieldErrors()
    workloads.validate?.(of(spec), errors, none)
    expect(told(errors)).toEqual(wanted)
  })

  test('do not change', () => {
    const errors = new FieldErrors()
    workloads.validateUpdate?.(of({}), of({ podGroupTemplates: [template()] }), errors, none)
    expect(told(errors)).toEqual([
      'spec.podGroupTemplates: Invalid value: null: field is immutable',
      'spec.podGroupTemplates: Required value',
    ])
  })

  test('lose what belongs to gates that are off, but for what is in use', () => {
    const full = { schedulingConstraints: {}, resourceClaims: [], disruptionMode: 'Pod', priority: 1 }
    const workload = of({ podGroupTemplates: [template(full)] })
    const old = of({ podGroupTemplates: [template({ priority: 2 })] })
    workloads.prepareForUpdate?.(workload, old, { enabled: () => false } as never)
    expect(workload.spec.podGroupTemplates).toEqual([template({ priority: 1 })])
  })
})

describe('pod groups', () => {
  test('refer to a template, wholly', () => {
    const errors = new FieldErrors()
    podgroups.validate?.(of({ schedulingPolicy: basic, podGroupTemplateRef: { workload: {} } }), errors, none)
    podgroups.validate?.(of({ schedulingPolicy: basic, podGroupTemplateRef: {} }), errors, none)
    expect(told(errors)).toEqual([
      'spec.podGroupTemplateRef.workload.workloadName: Required value',
      'spec.podGroupTemplateRef.workload.podGroupTemplateName: Required value',
      'spec.podGroupTemplateRef: Invalid value: "": must specify one of: `workload`',
    ])
  })

  test('do not change', () => {
    const errors = new FieldErrors()
    const old = of({ schedulingPolicy: basic, priority: 0 })
    podgroups.validateUpdate?.(of({ schedulingPolicy: basic, podGroupTemplateRef: null }), old, errors, none)
    expect(told(errors)).toEqual(['spec.priority: Invalid value: null: field is immutable'])
  })

  test('have a status of the claims they ask for', () => {
    const errors = new FieldErrors()
    const group = of({ resourceClaims: [{ name: 'a' }] }, { resourceClaimStatuses: [{ name: 'a' }, { name: 'b' }] })
    podgroups.validateStatusUpdate?.(group, group, errors, none)
    expect(told(errors)).toEqual([
      'status.resourceClaimStatuses[1].name: Invalid value: "b": must match the name of an entry in `spec.resourceClaims`',
    ])
  })
})
