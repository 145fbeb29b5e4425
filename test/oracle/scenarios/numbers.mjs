// How numbers and repeated keys are read, wherever they may be written.
const ns = '/namespaces/{{ns}}'
const deployments = `/apis/apps/v1${ns}/deployments`
const revisions = `/apis/apps/v1${ns}/controllerrevisions`
const configMaps = `/api/v1${ns}/configmaps`
const JSON_PATCH = { 'content-type': 'application/json-patch+json' }
const MERGE = { 'content-type': 'application/merge-patch+json' }
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' }
const APPLY = { 'content-type': 'application/apply-patch+yaml' }
const YAML = { 'content-type': 'application/yaml' }

const literals = ['1e2', '1.0', '-0.0', '0.5', '1e400', '2147483648', '9223372036854775808', '18446744073709551616', '1e30', '"7"']
const template = (x = '') =>
  `"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"${x}}]}}`
const deployment = (name, x) =>
  `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"${name}"},"spec":{"selector":{"matchLabels":{"a":"b"}},${template()},${x}}}`
const fields = {
  replicas: [(l) => `"replicas":${l}`, '/spec/replicas', (l) => l],
  surge: [(l) => `"strategy":{"rollingUpdate":{"maxSurge":${l}}}`, '/spec/strategy/rollingUpdate/maxSurge', (l) => l],
  cpu: [(l) => template(`,"resources":{"limits":{"cpu":${l}}}`), '/spec/template/spec/containers/0/resources/limits', (l) => `{"cpu":${l}}`],
}
const scenarios = []
const create = { method: 'POST', path: deployments, body: deployment('one', '"replicas":2'), ignore: true }
for (const [field, [member, path, value]] of Object.entries(fields)) {
  const patch = (q, headers, body) => ({ method: 'PATCH', path: `${deployments}/one?dryRun=All${q}`, headers, body })
  scenarios.push({
    name: `numbers/${field}`,
    steps: [
      create,
      ...literals.flatMap((l) => [
        { method: 'POST', path: `${deployments}?dryRun=All`, body: deployment('new', member(l)) },
        { method: 'POST', path: `${deployments}?dryRun=All`, headers: YAML, body: deployment('new', member(l)) },
        ...['', '&fieldValidation=Ignore'].flatMap((q) => [
          patch(q, JSON_PATCH, `[{"op":"add","path":"${path}","value":${value(l)}}]`),
          patch(q, MERGE, `{"spec":{${member(l)}}}`),
          patch(q, STRATEGIC, `{"spec":{${member(l)}}}`),
        ]),
        patch('&fieldManager=m&force=true', APPLY, `{"apiVersion":"apps/v1","kind":"Deployment","spec":{${member(l)}}}`),
      ]),
    ],
  })
}

const repeated = [
  '"replicas":"1","replicas":2',
  '"replicas":1.0,"replicas":2',
  '"strategy":{"type":5},"strategy":{"type":"Recreate"}',
  '"strategy":{"type":"Recreate"},"strategy":null',
  '"x":{"y":1,"y":2}',
  '"minReadySeconds":1e400,"minReadySeconds":1',
  '"template":{"spec":{"containers":[{"name":"y","image":"q","env":[{"name":"A"}]},{"name":"u"}]}},"template":{"spec":{"containers":[{"name":"z"}]}}',
  '"template":{"spec":{"tolerations":[{"key":"a","operator":"Exists"}],"tolerations":[{"operator":"Exists"}]}}',
  '"template":{"spec":{"securityContext":{"runAsUser":5},"securityContext":{"runAsGroup":6}}}',
]
for (const q of ['', '&fieldValidation=Strict'])
  scenarios.push({
    name: `numbers/repeated${q.slice(17)}`,
    steps: [
      create,
      ...repeated.flatMap((x) => [
        { method: 'POST', path: `${deployments}?dryRun=All${q}`, body: deployment('new', x) },
        { method: 'PATCH', path: `${deployments}/one?dryRun=All${q}`, headers: MERGE, body: `{"spec":{${x}}}` },
        { method: 'PATCH', path: `${deployments}/one?dryRun=All${q}`, headers: STRATEGIC, body: `{"spec":{${x}}}` },
        { method: 'PATCH', path: `${deployments}/one?dryRun=All${q}`, headers: JSON_PATCH, body: `[{"op":"add","path":"/spec/strategy","value":{${x}}}]` },
      ]),
      ...['{"op":5,"op":"add","path":"/metadata/labels","value":{}}', '{"op":"add","path":"/x","value":1,"extra":1,"extra":2}', '{"op":"add","path":"/metadata/labels","value":{"a":1,"a":"2"}}', '{"op":"test","path":"/spec/replicas","value":2.0}'].map(
        (operation) => ({ method: 'PATCH', path: `${deployments}/one?dryRun=All${q}`, headers: JSON_PATCH, body: `[${operation}]` }),
      ),
    ],
  })

const revision = (data) =>
  `{"apiVersion":"apps/v1","kind":"ControllerRevision","metadata":{"name":"one"},"revision":1,"data":${data}}`
for (const [name, data] of [['sorted', '{"a":{"b":1},"z":2}'], ['unsorted', '{"z":2,"a":{"b":1}}']])
  scenarios.push({
    name: `numbers/free-form-${name}`,
    steps: [
      { method: 'POST', path: revisions, body: revision(data) },
      { method: 'PATCH', path: `${revisions}/one`, headers: MERGE, body: '{"revision":2}' },
      { method: 'PATCH', path: `${revisions}/one`, headers: STRATEGIC, body: '{"revision":3}' },
      { method: 'PATCH', path: `${revisions}/one?fieldManager=m&force=true`, headers: APPLY, body: '{"apiVersion":"apps/v1","kind":"ControllerRevision","revision":4}' },
    ],
  })

const grace = ['1.0', '1e1', '"5"', '9223372036854775808', '1e400', '5,"gracePeriodSeconds":"x"']
scenarios.push({
  name: 'numbers/options',
  steps: [
    { method: 'POST', path: configMaps, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } } },
    ...grace.map((l) => ({ method: 'DELETE', path: `${configMaps}/one?dryRun=All`, body: `{"gracePeriodSeconds":${l}}` })),
    { method: 'PUT', path: `${deployments}/one`, body: '{"apiVersion":"extensions/v1beta1","kind":"Deployment","metadata":{"name":"one","x":1}}' },
    { method: 'POST', path: configMaps, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'two' }, data: { a: 'x\u2028y', b: 'x \u0085 y' } } },
    { path: `${configMaps}/two`, headers: { accept: 'application/yaml' } },
  ],
})

const group = '{{id}}.example.test'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const things = `/apis/${group}/v1${ns}/things`
const limits = { maximum: 1000000, minimum: 0.00001, multipleOf: 1234567.5 }
const properties = { en: { type: 'number', enum: [1, 2.5] }, i: { type: 'integer' }, imax: { type: 'integer', maximum: 1.5 } }
for (const [limit, value] of Object.entries(limits)) properties[limit] = { type: 'number', [limit]: value }
scenarios.push({
  name: 'numbers/custom',
  cleanup: [{ method: 'DELETE', path: `${definitions}/things.${group}` }],
  steps: [
    { method: 'POST', path: definitions, ignore: true, body: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `things.${group}` }, spec: { group, scope: 'Namespaced', names: { plural: 'things', singular: 'thing', kind: 'Thing' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } } }] } } },
    { path: things, until: ['status', 200], ignore: true },
    ...Object.keys(properties).flatMap((name) =>
      ['2000000', '2000000.5', '-5000000.25', '1e22', '0.000001', '123456789.123456789'].map((l) => ({ method: 'POST', path: `${things}?dryRun=All`, body: `{"apiVersion":"${group}/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"${name}":${l}}}` })),
    ),
    { method: 'POST', path: `${things}?dryRun=All`, body: `{"apiVersion":"${group}/v1","kind":"Thing","metadata":{"name":"a","generation":"x","deletionGracePeriodSeconds":"y"}}` },
  ],
})
export default scenarios
