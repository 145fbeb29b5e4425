import { badRequest, type KubeObject } from '../api/index.js'
import type { RequestContext } from '../http/index.js'
import { defaultColumns, type TableColumns } from '../registry/index.js'
import type { Transform } from './negotiate.js'
import { partialMetadata } from './partial-metadata.js'
import type { RequestScope } from './scope.js'

/** What becomes the `metadata` of a Table. */
export interface TableMetadata {
  readonly resourceVersion?: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

export interface TableRequest {
  readonly version: Transform['version']
  readonly includeObject: 'None' | 'Metadata' | 'Object'
  readonly now: number
}

/** Reads the parameters of a Table. Throws BadRequest for an `includeObject` that does not exist. */
export function tableRequest(
  scope: RequestScope,
  context: RequestContext,
  version: Transform['version'],
): TableRequest {
  const asked = context.exchange.query.includes('includeObject') ? (context.query.get('includeObject') ?? '') : ''
  if (asked !== '' && asked !== 'None' && asked !== 'Metadata' && asked !== 'Object')
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`,
    )
  return { version, includeObject: asked === '' ? 'Metadata' : asked, now: scope.environment.now() }
}

/**
 * A meta.k8s.io Table of some objects, given in the storage version. `headers: false` leaves the column definitions out, as
 * later events of a watch do.
 */
export function tableOf(
  scope: RequestScope,
  request: TableRequest,
  objects: readonly KubeObject[],
  metadata: TableMetadata,
  headers = true,
): Record<string, unknown> {
  const columns = columnsOf(scope)
  const ordered = columns.compare === undefined ? objects : objects.toSorted(columns.compare)
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${request.version}`,
    metadata: {
      ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
      ...(metadata.continue === undefined ? {} : { continue: metadata.continue }),
      ...(metadata.remainingItemCount === undefined ? {} : { remainingItemCount: metadata.remainingItemCount }),
    },
    columnDefinitions: headers ? columns.definitions : null,
    // Upstream's table for kinds without one of their own starts without a list of rows.
    rows:
      objects.length === 0 && columns === defaultColumns
        ? null
        : ordered.map((object) => rowOf(scope, request, columns, object)),
  }
}

export function rowOf(scope: RequestScope, request: TableRequest, columns: TableColumns, object: KubeObject): unknown {
  const conditions = columns.conditions?.(object)
  return {
    cells: columns.cells(object, { now: request.now }),
    ...(conditions === undefined || conditions.length === 0 ? {} : { conditions }),
    object:
      request.includeObject === 'None'
        ? null
        : request.includeObject === 'Metadata'
          ? partialMetadata(object, request.version)
          : scope.show(object),
  }
}

export const columnsOf = ({ resource, version, subresource }: RequestScope): TableColumns =>
  (version.kind === resource.kind ? resource.columns : subresource?.columns) ?? defaultColumns
