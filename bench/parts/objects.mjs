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

export const path = (plural) => `/api/v1/namespaces/default/${plural}`
