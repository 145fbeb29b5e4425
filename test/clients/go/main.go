// Command clients uses a server the way controllers do: with client-go's typed, dynamic and metadata clients, informers,
// apply configurations and leader election. It prints a line for each thing that works and fails at the first that does not.
//
//	clients KUBECONFIG CONTENT-TYPE
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/watch"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

const namespace = "go-clients"

type suite struct {
	ctx    context.Context
	config *rest.Config
	client kubernetes.Interface
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "FAILED:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return errors.New("usage: clients KUBECONFIG CONTENT-TYPE")
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		return err
	}
	config.ContentType = os.Args[2]
	config.AcceptContentTypes = os.Args[2]
	if os.Args[2] != "application/json" {
		config.AcceptContentTypes += ",application/json"
	}
	config.QPS, config.Burst = 500, 1000
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := &suite{ctx, config, client}
	steps := []struct {
		name string
		run  func() error
	}{
		{"namespace", s.namespace},
		{"discovery", s.discovery},
		{"typed client", s.typed},
		{"workloads", s.workloads},
		{"subresources", s.subresources},
		{"reviews", s.reviews},
		{"events", s.events},
		{"errors", s.errors},
		{"watch", s.watch},
		{"informers", s.informers},
		{"lists in chunks", s.chunks},
		{"dynamic client", s.dynamic},
		{"metadata client", s.metadata},
		{"apply", s.apply},
		{"leader election", s.election},
		{"delete collection", s.deleteCollection},
	}
	for _, step := range steps {
		if err := step.run(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Println("ok", step.name)
	}
	return nil
}

func (s *suite) namespace() error {
	spec := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	_, err := s.client.CoreV1().Namespaces().Create(s.ctx, spec, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (s *suite) discovery() error {
	version, err := s.client.Discovery().ServerVersion()
	if err != nil {
		return err
	}
	_, lists, err := s.client.Discovery().ServerGroupsAndResources()
	if err != nil {
		return err
	}
	if version.Major != "1" || len(lists) < 5 {
		return fmt.Errorf("version %v, %d lists", version, len(lists))
	}
	return nil
}

func (s *suite) typed() error {
	maps := s.client.CoreV1().ConfigMaps(namespace)
	created, err := maps.Create(s.ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "typed-", Labels: map[string]string{"app": "typed"}},
		Data:       map[string]string{"a": "1", "ключ": "значение 🐈"},
		BinaryData: map[string][]byte{"b": {0, 255, 128}},
	}, metav1.CreateOptions{})
	if err != nil {
		if !apierrors.IsInvalid(err) {
			return err
		}
		created, err = maps.Create(s.ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "typed-", Labels: map[string]string{"app": "typed"}},
			Data:       map[string]string{"a": "1", "k": "значение 🐈"},
			BinaryData: map[string][]byte{"b": {0, 255, 128}},
		}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
	} else {
		return errors.New("a key that is not valid was taken")
	}
	if created.Data["k"] != "значение 🐈" || len(created.BinaryData["b"]) != 3 || created.UID == "" {
		return fmt.Errorf("created %v", created)
	}
	created.Data["c"] = "2"
	updated, err := maps.Update(s.ctx, created, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if _, err := maps.Update(s.ctx, created, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("an old update gave %v", err)
	}
	for _, patch := range []struct {
		kind types.PatchType
		body string
	}{
		{types.MergePatchType, `{"data":{"d":"3"}}`},
		{types.StrategicMergePatchType, `{"data":{"e":"4"}}`},
		{types.JSONPatchType, `[{"op":"add","path":"/data/f","value":"5"}]`},
	} {
		updated, err = maps.Patch(s.ctx, created.Name, patch.kind, []byte(patch.body), metav1.PatchOptions{})
		if err != nil {
			return fmt.Errorf("%s: %w", patch.kind, err)
		}
	}
	if len(updated.Data) != 6 {
		return fmt.Errorf("patched %v", updated.Data)
	}
	uid := updated.UID
	return maps.Delete(s.ctx, created.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
}

func template() corev1.PodTemplateSpec {
	seconds := int64(30)
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: &seconds,
			Containers: []corev1.Container{{
				Name:  "web",
				Image: "nginx",
				Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80}},
				Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{"cpu": resource.MustParse("0.25"), "memory": resource.MustParse("64Mi")},
				},
				ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
					HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromString("http")},
				}},
			}},
			Volumes: []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
		},
	}
}

func (s *suite) workloads() error {
	deployments := s.client.AppsV1().Deployments(namespace)
	replicas := int32(3)
	created, err := deployments.Create(s.ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
			Template: template(),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	container := created.Spec.Template.Spec.Containers[0]
	if created.Generation != 1 || container.Resources.Requests.Cpu().String() != "250m" ||
		container.ReadinessProbe.HTTPGet.Port.String() != "http" ||
		created.Spec.Strategy.RollingUpdate.MaxSurge.String() != "25%" {
		return fmt.Errorf("created %v", created)
	}
	scale, err := deployments.GetScale(s.ctx, "web", metav1.GetOptions{})
	if err != nil {
		return err
	}
	scale.Spec.Replicas = 0
	if _, err := deployments.UpdateScale(s.ctx, "web", scale, metav1.UpdateOptions{}); err != nil {
		return err
	}
	latest, err := deployments.Get(s.ctx, "web", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if *latest.Spec.Replicas != 0 {
		return fmt.Errorf("scaled to %d", *latest.Spec.Replicas)
	}
	latest.Status.ObservedGeneration = latest.Generation
	latest.Status.Conditions = []appsv1.DeploymentCondition{{
		Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, LastUpdateTime: metav1.Now(),
	}}
	latest, err = deployments.UpdateStatus(s.ctx, latest, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if len(latest.Status.Conditions) != 1 || latest.Status.ObservedGeneration == 0 {
		return fmt.Errorf("status %v", latest.Status)
	}
	policy := metav1.DeletePropagationBackground
	return deployments.Delete(s.ctx, "web", metav1.DeleteOptions{PropagationPolicy: &policy})
}

func (s *suite) subresources() error {
	pods := s.client.CoreV1().Pods(namespace)
	spec := template()
	off := false
	spec.Spec.AutomountServiceAccountToken = &off
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}
	if _, err := s.client.CoreV1().ServiceAccounts(namespace).Create(s.ctx, account, metav1.CreateOptions{}); err != nil {
		return err
	}
	spec.Spec.ServiceAccountName = account.Name
	for _, name := range []string{"one", "two"} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: spec.Labels}, Spec: spec.Spec}
		if _, err := pods.Create(s.ctx, pod, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Name: "one"}, Target: corev1.ObjectReference{Kind: "Node", Name: "node-1"},
	}
	if err := pods.Bind(s.ctx, binding, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	pod, err := pods.Get(s.ctx, "one", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if pod.Spec.NodeName != "node-1" || pod.Status.QOSClass != corev1.PodQOSBurstable {
		return fmt.Errorf("bound %v", pod)
	}
	pod.Status.Phase = corev1.PodRunning
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
		Name: "web", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}},
	}}
	if pod, err = pods.UpdateStatus(s.ctx, pod, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if pod.Status.ContainerStatuses[0].State.Running == nil {
		return fmt.Errorf("status %v", pod.Status)
	}
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "two"}}
	if err := pods.EvictV1(s.ctx, eviction); err != nil {
		return fmt.Errorf("evict: %w", err)
	}
	if _, err := pods.Get(s.ctx, "two", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		return fmt.Errorf("after the eviction: %v", err)
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"me"}}}
	token, err := s.client.CoreV1().ServiceAccounts(namespace).CreateToken(s.ctx, "robot", request, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	if token.Status.Token == "" || token.Status.ExpirationTimestamp.Before(&token.CreationTimestamp) {
		return fmt.Errorf("token %v", token.Status)
	}
	now := int64(0)
	if err := pods.Delete(s.ctx, "one", metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
		return err
	}
	return s.client.CoreV1().ServiceAccounts(namespace).Delete(s.ctx, "robot", metav1.DeleteOptions{})
}

func (s *suite) reviews() error {
	review, err := s.client.AuthorizationV1().SelfSubjectAccessReviews().Create(s.ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "get", Resource: "pods"},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if !review.Status.Allowed {
		return fmt.Errorf("review %v", review.Status)
	}
	me, err := s.client.AuthenticationV1().SelfSubjectReviews().Create(s.ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if me.Status.UserInfo.Username == "" {
		return fmt.Errorf("who am I: %v", me.Status)
	}
	return nil
}

func (s *suite) events() error {
	now := metav1.NowMicro()
	created, err := s.client.EventsV1().Events(namespace).Create(s.ctx, &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "event-"}, EventTime: now, Type: "Normal", Reason: "Tested", Action: "Test",
		ReportingController: "example.com/test", ReportingInstance: "test-1",
		Regarding: corev1.ObjectReference{Kind: "Pod", Namespace: namespace, Name: "one", APIVersion: "v1"},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	core, err := s.client.CoreV1().Events(namespace).Get(s.ctx, created.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if core.EventTime.UnixMicro() != now.UnixMicro() || core.InvolvedObject.Name != "one" || core.Reason != "Tested" {
		return fmt.Errorf("event %v", core)
	}
	return s.client.CoreV1().Events(namespace).Delete(s.ctx, created.Name, metav1.DeleteOptions{})
}

func (s *suite) errors() error {
	maps := s.client.CoreV1().ConfigMaps(namespace)
	if _, err := maps.Get(s.ctx, "none", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		return fmt.Errorf("get gave %v", err)
	}
	_, err := maps.Create(s.ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "Not Valid"}}, metav1.CreateOptions{})
	var status *apierrors.StatusError
	if !errors.As(err, &status) || !apierrors.IsInvalid(err) || len(status.ErrStatus.Details.Causes) != 1 {
		return fmt.Errorf("create gave %v", err)
	}
	return nil
}

func (s *suite) watch() error {
	maps := s.client.CoreV1().ConfigMaps(namespace)
	list, err := maps.List(s.ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	watcher, err := maps.Watch(s.ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	if _, err := maps.Create(s.ctx, named("watched"), metav1.CreateOptions{}); err != nil {
		return err
	}
	if _, err := maps.Patch(s.ctx, "watched", types.MergePatchType, []byte(`{"data":{"a":"2"}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	if err := maps.Delete(s.ctx, "watched", metav1.DeleteOptions{}); err != nil {
		return err
	}
	for _, want := range []watch.EventType{watch.Added, watch.Modified, watch.Deleted} {
		select {
		case event := <-watcher.ResultChan():
			object, ok := event.Object.(*corev1.ConfigMap)
			if event.Type != want || !ok || object.Name != "watched" {
				return fmt.Errorf("wanted %s, got %s %v", want, event.Type, event.Object)
			}
		case <-time.After(5 * time.Second):
			return fmt.Errorf("no %s event", want)
		}
	}
	_, err = maps.Watch(s.ctx, metav1.ListOptions{ResourceVersion: "x"})
	if err == nil {
		return errors.New("a watch from revision x began")
	}
	return nil
}

func named(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"a": "1"}}
}

func (s *suite) informers() error {
	maps := s.client.CoreV1().ConfigMaps(namespace)
	if _, err := maps.Create(s.ctx, named("before"), metav1.CreateOptions{}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(s.ctx)
	factory := informers.NewSharedInformerFactoryWithOptions(s.client, 0, informers.WithNamespace(namespace))
	defer factory.Shutdown()
	defer cancel()
	informer := factory.Core().V1().ConfigMaps()
	deleted := make(chan string, 10)
	if _, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		DeleteFunc: func(object any) { deleted <- object.(*corev1.ConfigMap).Name },
	}); err != nil {
		return err
	}
	factory.Core().V1().Pods().Informer()
	factory.Apps().V1().Deployments().Informer()
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("%v did not sync", kind)
		}
	}
	lister := informer.Lister().ConfigMaps(namespace)
	if _, err := lister.Get("before"); err != nil {
		return err
	}
	if _, err := maps.Create(s.ctx, named("after"), metav1.CreateOptions{}); err != nil {
		return err
	}
	for until := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if object, err := lister.Get("after"); err == nil {
			if object.Data["a"] != "1" {
				return fmt.Errorf("cached %v", object)
			}
			break
		}
		if time.Now().After(until) {
			return errors.New("an object did not come into the cache")
		}
	}
	for _, name := range []string{"before", "after"} {
		if err := maps.Delete(s.ctx, name, metav1.DeleteOptions{}); err != nil {
			return err
		}
		select {
		case got := <-deleted:
			if got != name {
				return fmt.Errorf("%s went instead of %s", got, name)
			}
		case <-time.After(5 * time.Second):
			return fmt.Errorf("%s did not go", name)
		}
	}
	return nil
}

func (s *suite) chunks() error {
	maps := s.client.CoreV1().ConfigMaps(namespace)
	for i := range 25 {
		object := named(fmt.Sprintf("chunk-%02d", i))
		object.Labels = map[string]string{"app": "chunk"}
		if _, err := maps.Create(s.ctx, object, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	options := metav1.ListOptions{Limit: 10, LabelSelector: "app=chunk"}
	total := 0
	for pages := 1; ; pages++ {
		list, err := maps.List(s.ctx, options)
		if err != nil {
			return err
		}
		total += len(list.Items)
		if list.Continue == "" {
			if total != 25 || pages != 3 {
				return fmt.Errorf("%d objects in %d pages", total, pages)
			}
			return nil
		}
		options.Continue = list.Continue
	}
}

var secrets = corev1.SchemeGroupVersion.WithResource("secrets")

func (s *suite) dynamic() error {
	config := rest.CopyConfig(s.config)
	config.ContentType, config.AcceptContentTypes = "", ""
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "dynamic"},
		"stringData": map[string]any{"a": "b"},
	}}
	if _, err := client.Resource(secrets).Namespace(namespace).Create(s.ctx, object, metav1.CreateOptions{}); err != nil {
		return err
	}
	secret, err := s.client.CoreV1().Secrets(namespace).Get(s.ctx, "dynamic", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if string(secret.Data["a"]) != "b" {
		return fmt.Errorf("secret %v", secret.Data)
	}
	return nil
}

func (s *suite) metadata() error {
	client, err := metadata.NewForConfig(s.config)
	if err != nil {
		return err
	}
	list, err := client.Resource(secrets).Namespace(namespace).List(s.ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if len(list.Items) == 0 || list.Items[0].Name != "dynamic" || list.ResourceVersion == "" {
		return fmt.Errorf("list %v", list)
	}
	watcher, err := client.Resource(secrets).Namespace(namespace).Watch(s.ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	if err := client.Resource(secrets).Namespace(namespace).Delete(s.ctx, "dynamic", metav1.DeleteOptions{}); err != nil {
		return err
	}
	select {
	case event := <-watcher.ResultChan():
		object, ok := event.Object.(*metav1.PartialObjectMetadata)
		if event.Type != watch.Deleted || !ok || object.Name != "dynamic" {
			return fmt.Errorf("event %s %v", event.Type, event.Object)
		}
	case <-time.After(5 * time.Second):
		return errors.New("no event")
	}
	return nil
}

func (s *suite) apply() error {
	maps := s.client.CoreV1().ConfigMaps(namespace)
	apply := func(owner, value string, force bool) (*corev1.ConfigMap, error) {
		object := applycore.ConfigMap("applied", namespace).WithData(map[string]string{"a": value})
		return maps.Apply(s.ctx, object, metav1.ApplyOptions{FieldManager: owner, Force: force})
	}
	if _, err := apply("one", "1", false); err != nil {
		return err
	}
	if _, err := apply("two", "2", false); !apierrors.IsConflict(err) {
		return fmt.Errorf("another owner got %v", err)
	}
	applied, err := apply("two", "2", true)
	if err != nil {
		return err
	}
	extracted, err := applycore.ExtractConfigMap(applied, "two")
	if err != nil {
		return err
	}
	if extracted.Data["a"] != "2" {
		return fmt.Errorf("extracted %v", extracted)
	}
	return maps.Delete(s.ctx, "applied", metav1.DeleteOptions{})
}

func (s *suite) election() error {
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, namespace, "leader",
		s.client.CoreV1(), s.client.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: "me"})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	led := false
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 200 * time.Millisecond,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) {
				led = true
				time.Sleep(500 * time.Millisecond)
				cancel()
			},
			OnStoppedLeading: func() {},
		},
	})
	if !led {
		return errors.New("never led")
	}
	return nil
}

func (s *suite) deleteCollection() error {
	maps := s.client.CoreV1().ConfigMaps(namespace)
	selector := metav1.ListOptions{LabelSelector: "app=chunk"}
	if err := maps.DeleteCollection(s.ctx, metav1.DeleteOptions{}, selector); err != nil {
		return err
	}
	list, err := maps.List(s.ctx, selector)
	if err != nil {
		return err
	}
	if len(list.Items) != 0 {
		return fmt.Errorf("%d are left", len(list.Items))
	}
	return nil
}
