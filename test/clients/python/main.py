"""Uses a server with Python's kubernetes client: typed and dynamic clients, watches, patches, pages, custom resources.

    main.py KUBECONFIG

Prints a line for each thing that works and ends with the first that does not.
"""

import sys
import threading
import time

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException

NAMESPACE = "python-clients"


def refused(status, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ApiException as error:
        assert error.status == status, f"refused with {error.status}: {error.body}"
        return error
    raise AssertionError(f"not refused with {status}")


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"made-by": "python"}), data=data)


def namespace(core):
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    assert core.read_namespace(NAMESPACE).status.phase == "Active"


def typed(core):
    made = core.create_namespaced_config_map(NAMESPACE, config_map("one", a="1"))
    assert made.metadata.uid and made.metadata.resource_version
    made.data["b"] = "2"
    replaced = core.replace_namespaced_config_map("one", NAMESPACE, made)
    assert replaced.data == {"a": "1", "b": "2"}
    # What was read before is too old now.
    refused(409, core.replace_namespaced_config_map, "one", NAMESPACE, made)
    refused(409, core.create_namespaced_config_map, NAMESPACE, config_map("one"))
    refused(404, core.read_namespaced_config_map, "none", NAMESPACE)
    patched = core.patch_namespaced_config_map("one", NAMESPACE, {"data": {"a": None, "c": "3"}})
    assert patched.data == {"b": "2", "c": "3"}
    patched = core.patch_namespaced_config_map("one", NAMESPACE, [{"op": "remove", "path": "/data/b"}])
    assert patched.data == {"c": "3"}
    deleted = core.delete_namespaced_config_map("one", NAMESPACE)
    # Newer versions of the client leave it a dictionary.
    assert (deleted if isinstance(deleted, dict) else deleted.to_dict())["status"] == "Success"


def workloads(apps, core):
    labels = {"app": "web"}
    container = client.V1Container(
        name="web", image="web:1", resources=client.V1ResourceRequirements(requests={"cpu": "0.5", "memory": "64Mi"})
    )
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
    )
    spec = client.V1DeploymentSpec(replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=template)
    made = apps.create_namespaced_deployment(
        NAMESPACE, client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec)
    )
    assert made.spec.strategy.type == "RollingUpdate"
    assert made.spec.template.spec.containers[0].resources.requests["cpu"] == "500m"
    scaled = apps.patch_namespaced_deployment_scale("web", NAMESPACE, {"spec": {"replicas": 5}})
    assert scaled.spec.replicas == 5
    bad = refused(
        422, apps.patch_namespaced_deployment, "web", NAMESPACE, {"spec": {"template": {"spec": {"containers": None}}}}
    )
    assert "spec.template.spec.containers" in bad.body
    service = client.V1Service(
        metadata=client.V1ObjectMeta(name="web"),
        spec=client.V1ServiceSpec(selector=labels, ports=[client.V1ServicePort(port=80, target_port="http")]),
    )
    made = core.create_namespaced_service(NAMESPACE, service)
    assert made.spec.cluster_ip and made.spec.ports[0].target_port == "http"


def pages(core):
    for i in range(7):
        core.create_namespaced_config_map(NAMESPACE, config_map(f"page-{i}"))
    names, token = [], None
    while True:
        page = core.list_namespaced_config_map(NAMESPACE, label_selector="made-by=python", limit=3, _continue=token)
        names += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert names == [f"page-{i}" for i in range(7)], names


def watching(core):
    start = core.list_namespaced_secret(NAMESPACE).metadata.resource_version

    def change():
        time.sleep(0.1)
        body = client.V1Secret(metadata=client.V1ObjectMeta(name="seen"), string_data={"k": "v"})
        core.create_namespaced_secret(NAMESPACE, body)
        core.patch_namespaced_secret("seen", NAMESPACE, {"metadata": {"labels": {"x": "y"}}})
        core.delete_namespaced_secret("seen", NAMESPACE)

    thread = threading.Thread(target=change)
    thread.start()
    seen, stream = [], watch.Watch()
    for event in stream.stream(core.list_namespaced_secret, NAMESPACE, resource_version=start, timeout_seconds=10):
        seen.append(event["type"])
        if event["type"] == "DELETED":
            stream.stop()
    thread.join()
    assert seen == ["ADDED", "MODIFIED", "DELETED"], seen


def custom(api, extensions):
    schema = client.V1JSONSchemaProps(
        type="object",
        properties={
            "spec": client.V1JSONSchemaProps(
                type="object", properties={"size": client.V1JSONSchemaProps(type="integer", minimum=1, default=3)}
            )
        },
    )
    version = client.V1CustomResourceDefinitionVersion(
        name="v1", served=True, storage=True, schema=client.V1CustomResourceValidation(open_apiv3_schema=schema)
    )
    names = client.V1CustomResourceDefinitionNames(kind="Gadget", plural="gadgets", singular="gadget")
    extensions.create_custom_resource_definition(
        client.V1CustomResourceDefinition(
            metadata=client.V1ObjectMeta(name="gadgets.python.test"),
            spec=client.V1CustomResourceDefinitionSpec(
                group="python.test", scope="Namespaced", names=names, versions=[version]
            ),
        )
    )
    for _ in range(100):
        found = extensions.read_custom_resource_definition("gadgets.python.test")
        if any(c.type == "Established" and c.status == "True" for c in found.status.conditions or []):
            break
        time.sleep(0.02)
    gadgets = dynamic.DynamicClient(api).resources.get(api_version="python.test/v1", kind="Gadget")
    body = {"apiVersion": "python.test/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {}}
    made = gadgets.create(body=body, namespace=NAMESPACE)
    assert made.spec.size == 3
    body["spec"]["size"] = 0
    bad = refused(422, gadgets.create, body={**body, "metadata": {"name": "bad"}}, namespace=NAMESPACE)
    assert "spec.size in body should be greater than or equal to 1" in str(bad.body)
    body["spec"]["size"] = 8
    applied = gadgets.server_side_apply(body=body, name="g", namespace=NAMESPACE, field_manager="python", force_conflicts=True)
    assert applied.spec.size == 8
    assert [item.metadata.name for item in gadgets.get(namespace=NAMESPACE).items] == ["g"]
    gadgets.delete(name="g", namespace=NAMESPACE)


def access(api, core):
    mine = client.AuthorizationV1Api(api).create_self_subject_access_review(
        client.V1SelfSubjectAccessReview(
            spec=client.V1SelfSubjectAccessReviewSpec(
                resource_attributes=client.V1ResourceAttributes(verb="get", resource="pods", namespace=NAMESPACE)
            )
        )
    )
    assert mine.status.allowed
    core.create_namespaced_service_account(NAMESPACE, client.V1ServiceAccount(metadata=client.V1ObjectMeta(name="robot")))
    token = core.create_namespaced_service_account_token(
        "robot", NAMESPACE, client.AuthenticationV1TokenRequest(spec=client.V1TokenRequestSpec(audiences=[]))
    )
    theirs = client.Configuration.get_default_copy()
    theirs.api_key = {"authorization": f"Bearer {token.status.token}"}
    theirs.cert_file = theirs.key_file = None
    robot = client.CoreV1Api(client.ApiClient(theirs))
    error = refused(403, robot.list_namespaced_pod, NAMESPACE)
    assert f"system:serviceaccount:{NAMESPACE}:robot" in error.body


def main():
    config.load_kube_config(sys.argv[1])
    api = client.ApiClient()
    core = client.CoreV1Api(api)
    steps = [
        ("namespace", lambda: namespace(core)),
        ("version", lambda: client.VersionApi(api).get_code()),
        ("discovery", lambda: client.ApisApi(api).get_api_versions()),
        ("typed client", lambda: typed(core)),
        ("workloads", lambda: workloads(client.AppsV1Api(api), core)),
        ("pages", lambda: pages(core)),
        ("watch", lambda: watching(core)),
        ("custom resources", lambda: custom(api, client.ApiextensionsV1Api(api))),
        ("access", lambda: access(api, core)),
        ("cleaning up", lambda: core.delete_namespace(NAMESPACE)),
    ]
    for name, step in steps:
        try:
            step()
        except Exception as error:  # the test wants the name of the step
            print(f"FAILED: {name}: {type(error).__name__}: {error}", file=sys.stderr)
            raise
        print(f"ok {name}")


main()
