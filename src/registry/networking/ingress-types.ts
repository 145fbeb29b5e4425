export interface IngressSpec {
  ingressClassName?: string
  defaultBackend?: IngressBackend
  tls?: { hosts?: string[]; secretName?: string }[]
  rules?: IngressRule[]
}

export interface IngressRule {
  host?: string
  http?: { paths?: IngressPath[] }
}

export interface IngressPath {
  path?: string
  pathType?: string | null
  backend?: IngressBackend
}

export interface IngressBackend {
  service?: { name?: string; port?: { name?: string; number?: number } }
  resource?: { apiGroup?: string | null; kind?: string; name?: string }
}

export interface IngressStatus {
  loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] }
}
