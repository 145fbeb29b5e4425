// The objects that workloads are made of.

/** About 1 KB as it is answered. */
export const configMap = (name) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { app: 'bench', tier: 'data' } },
  data: Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`setting-${i}`, `value ${i} `.repeat(8)])),
})

/** About 4 KB as it is answered. */
export const pod = (name) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    labels: { app: 'bench', 'app.kubernetes.io/name': 'bench', tier: 'web' },
    annotations: { note: 'x'.repeat(200) },
  },
  spec: {
    containers: ['main', 'side'].map((container) => ({
      name: container,
      image: `registry.example.com/team/${container}:1.2.3`,
      args: ['--verbose', '--listen=:8080'],
      env: Array.from({ length: 6 }, (_, i) => ({ name: `VARIABLE_${i}`, value: `value-${i}` })),
      ports: [{ name: `${container}-http`, containerPort: container === 'main' ? 8080 : 9090 }],
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
      readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 },
      volumeMounts: [{ name: 'config', mountPath: '/etc/config' }],
    })),
    volumes: [{ name: 'config', configMap: { name: 'settings' } }],
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'bench', effect: 'NoSchedule' }],
  },
})

/** A Deployment of such pods; nothing in it is changed by admission. */
export const deployment = (name) => {
  const { metadata, spec } = pod(name)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'bench' } },
      template: { metadata: { labels: metadata.labels }, spec },
    },
  }
}

const text = { type: 'string', maxLength: 63 }

/** @param rules how many its schema has, spread over a spec of ten parts */
export function definition(rules) {
  const checks = [
    'self.min <= self.max',
    'self.name.startsWith("part-") && !self.name.contains("--")',
    'self.tags.all(t, t.matches("^[a-z][a-z0-9-]*$"))',
  ]
  const part = (i) => ({
    type: 'object',
    required: ['name', 'min', 'max', 'tags'],
    properties: {
      name: text,
      min: { type: 'integer' },
      max: { type: 'integer' },
      tags: { type: 'array', maxItems: 10, items: text },
    },
    ...(i * checks.length < rules ? { 'x-kubernetes-validations': checks.map((rule) => ({ rule })) } : {}),
  })
  const properties = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`part${i}`, part(i)]))
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.bench.example.com' },
    spec: {
      group: 'bench.example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
        },
      ],
    },
  }
}

/** About 1 KB. */
export const thing = (name) => ({
  apiVersion: 'bench.example.com/v1',
  kind: 'Thing',
  metadata: { name },
  spec: Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [
      `part${i}`,
      { name: `part-${i}`, min: i, max: i + 10, tags: ['red', 'green', 'blue-1'] },
    ]),
  ),
})

export const path = (plural) => `/api/v1/namespaces/default/${plural}`
