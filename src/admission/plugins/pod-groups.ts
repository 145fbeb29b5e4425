import type { KubeObject } from '../../api/index.js'
import type { AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'

const group = 'scheduling.k8s.io'
const finalizer = 'scheduling.k8s.io/podgroup-protection'

/** Keeps pod groups from going away while pods use them. @see kubernetes plugin/pkg/admission/scheduling/podgroupprotection */
export function podGroupProtection(): AdmissionPlugin {
  return {
    name: 'PodGroupProtection',
    handles: (operation) => operation === 'CREATE',
    admit(attributes) {
      const { object, subresource } = attributes
      if (subresource !== '' || object === undefined || !isOf(attributes, group, 'podgroups')) return
      const own = object.metadata.finalizers ?? []
      if (!own.includes(finalizer)) object.metadata.finalizers = [...own, finalizer]
    },
  }
}

/** A pod group's workload, and its template there, must exist. @see kubernetes plugin/pkg/admission/podgroup */
export function podGroupWorkloadExists(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'PodGroupWorkloadExists',
    handles: (operation) => operation === 'CREATE',
    validate(attributes) {
      const { object, subresource, namespace } = attributes
      if (subresource !== '' || !isOf(attributes, group, 'podgroups')) return
      const reference = object?.spec?.podGroupTemplateRef?.workload
      if (!reference) return
      const { workloadName, podGroupTemplateName } = reference
      const workload = objects.find(`${group}/workloads`, namespace, workloadName)
      if (workload === undefined) throw refuse(attributes, `PodGroup rejected: Workload "${workloadName}" not found`)
      if (workload.metadata.deletionTimestamp !== undefined)
        throw refuse(attributes, `PodGroup rejected: Workload "${workloadName}" is being deleted`)
      const templates: readonly { name?: string }[] = workload.spec?.podGroupTemplates ?? []
      if (!templates.some(({ name }) => name === podGroupTemplateName))
        throw refuse(
          attributes,
          `PodGroup rejected: PodGroupTemplate "${podGroupTemplateName}" not found in Workload "${workloadName}"`,
        )
    },
  }
}

/** The parallelism of a job whose pods are scheduled as a gang stays. @see kubernetes plugin/pkg/admission/job */
export function jobValidation(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'JobValidation',
    handles: (operation) => operation === 'UPDATE',
    validate(attributes) {
      const { object, oldObject, subresource } = attributes
      if (subresource !== '' || oldObject === undefined || !isOf(attributes, 'batch', 'jobs')) return
      if (object?.spec?.parallelism === oldObject.spec?.parallelism) return
      const gang = groupsOf(objects, oldObject).find(({ spec }) => spec?.schedulingPolicy?.gang !== undefined)
      if (gang !== undefined)
        throw refuse(
          attributes,
          `cannot change parallelism for a Job referencing gang-scheduled PodGroup "${gang.metadata.name}"`,
        )
    },
  }
}

function groupsOf(objects: ObjectReader, job: KubeObject): readonly KubeObject[] {
  const namespace = job.metadata.namespace ?? ''
  const named: string | undefined = job.spec?.template?.spec?.schedulingGroup?.podGroupName
  if (named !== undefined) {
    const found = objects.find(`${group}/podgroups`, namespace, named)
    return found === undefined ? [] : [found]
  }
  return objects
    .list(`${group}/podgroups`, namespace)
    .filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === job.metadata.uid),
    )
}
