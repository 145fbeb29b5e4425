package envtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

func TestMain(m *testing.M) {
	log.SetLogger(zap.New(zap.UseDevMode(true)))
	os.Exit(m.Run())
}

// suite is what a suite of kubebuilder makes: a server with the CRDs and webhooks, and a manager with its cache.
type suite struct {
	env     *envtest.Environment
	config  *rest.Config
	client  client.Client
	manager ctrl.Manager
	cleaned chan string
}

func scheme(t *testing.T) *runtime.Scheme {
	s := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	if err := addToScheme(s); err != nil {
		t.Fatal(err)
	}
	return s
}

func start(t *testing.T) *suite {
	t.Helper()
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Fatal("KUBEBUILDER_ASSETS is not set")
	}
	s := &suite{cleaned: make(chan string, 16)}
	s.env = &envtest.Environment{
		CRDDirectoryPaths:     []string{"crds"},
		ErrorIfCRDPathMissing: true,
		WebhookInstallOptions: envtest.WebhookInstallOptions{
			MutatingWebhooks:   []*admissionv1.MutatingWebhookConfiguration{mutating()},
			ValidatingWebhooks: []*admissionv1.ValidatingWebhookConfiguration{validating()},
		},
	}
	began := time.Now()
	config, err := s.env.Start()
	if err != nil {
		t.Fatalf("envtest does not start: %v", err)
	}
	t.Logf("envtest is up after %v", time.Since(began))
	s.config = config
	t.Cleanup(func() {
		began := time.Now()
		if err := s.env.Stop(); err != nil {
			t.Errorf("envtest does not stop: %v", err)
		}
		t.Logf("envtest is down after %v", time.Since(began))
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
	all := scheme(t)
	local := s.env.WebhookInstallOptions
	skipNames := true
	s.manager, err = ctrl.NewManager(config, ctrl.Options{
		Scheme:                  all,
		Metrics:                 metricsserver.Options{BindAddress: "0"},
		LeaderElection:          true,
		LeaderElectionID:        "widgets.kats.test",
		LeaderElectionNamespace: "default",
		WebhookServer: webhook.NewServer(webhook.Options{
			Host: local.LocalServingHost, Port: local.LocalServingPort, CertDir: local.LocalServingCertDir,
		}),
		Controller: controllerConfig(&skipNames),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &reconciler{Client: s.manager.GetClient(), Scheme: all, Cleaned: s.cleaned}
	if err := ctrl.NewControllerManagedBy(s.manager).For(&Widget{}).Owns(&corev1.ConfigMap{}).Complete(r); err != nil {
		t.Fatal(err)
	}
	err = ctrl.NewWebhookManagedBy(s.manager, &Widget{}).WithDefaulter(defaulter{}).WithValidator(validator{}).Complete()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.manager.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the manager ends with %v", err)
		}
	})
	select {
	case <-s.manager.Elected():
	case <-time.After(20 * time.Second):
		t.Fatal("nobody is elected")
	}
	s.client, err = client.New(config, client.Options{Scheme: all})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the webhook server answers", func() error {
		return s.client.Create(ctx, widget("probe", WidgetSpec{}), client.DryRunAll)
	})
	return s
}

func TestOperator(t *testing.T) {
	s := start(t)
	ctx := context.Background()

	if err := s.client.Create(ctx, widget("one", WidgetSpec{Size: 5})); err != nil {
		t.Fatal(err)
	}
	var config corev1.ConfigMap
	eventually(t, "the widget has its ConfigMap", func() error {
		if err := s.client.Get(ctx, client.ObjectKey{Namespace: "default", Name: "one"}, &config); err != nil {
			return err
		}
		if config.Data["size"] != "5" || config.Data["colour"] != "green" {
			return fmt.Errorf("it has %v", config.Data)
		}
		return nil
	})
	if len(config.OwnerReferences) != 1 || config.OwnerReferences[0].Kind != "Widget" {
		t.Errorf("owners are %v", config.OwnerReferences)
	}
	var live Widget
	ready := func(size int) func() error {
		return func() error {
			if err := s.client.Get(ctx, client.ObjectKey{Namespace: "default", Name: "one"}, &live); err != nil {
				return err
			}
			if !live.Status.Ready || live.Status.ObservedSize != size {
				return fmt.Errorf("status is %+v", live.Status)
			}
			return nil
		}
	}
	eventually(t, "it is ready", ready(5))

	// What somebody takes away comes back, since the operator watches what it owns.
	if err := s.client.Delete(ctx, &config); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ConfigMap is made again", func() error {
		return s.client.Get(ctx, client.ObjectKey{Namespace: "default", Name: "one"}, &config)
	})

	patch := client.MergeFrom(live.DeepCopyObject().(*Widget))
	live.Spec.Size = 8
	if err := s.client.Patch(ctx, &live, patch); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it follows its size", ready(8))

	if err := s.client.Delete(ctx, &live); err != nil {
		t.Fatal(err)
	}
	select {
	case name := <-s.cleaned:
		if name != "one" {
			t.Errorf("%s was cleaned up", name)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing is cleaned up")
	}
	eventually(t, "it is gone", func() error {
		err := s.client.Get(ctx, client.ObjectKey{Namespace: "default", Name: "one"}, &live)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %v", err)
	})
}

func TestWebhooks(t *testing.T) {
	s := start(t)
	ctx := context.Background()

	err := s.client.Create(ctx, widget("huge", WidgetSpec{Size: 101}))
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "a widget of 101 does not fit") {
		t.Errorf("a huge widget: %v", err)
	}
	err = s.client.Create(ctx, widget("odd", WidgetSpec{Colour: "mauve"}))
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), `Unsupported value: "mauve"`) {
		t.Errorf("an odd widget: %v", err)
	}
	plain := widget("plain", WidgetSpec{})
	if err := s.client.Create(ctx, plain); err != nil {
		t.Fatal(err)
	}
	if plain.Spec.Colour != "green" || plain.Spec.Size != 3 {
		t.Errorf("defaults are %+v", plain.Spec)
	}
	applied, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&Widget{
		TypeMeta:   metav1.TypeMeta{APIVersion: groupVersion.String(), Kind: "Widget"},
		ObjectMeta: metav1.ObjectMeta{Name: "applied", Namespace: "default"},
		Spec:       WidgetSpec{Size: 200},
	})
	if err != nil {
		t.Fatal(err)
	}
	object := unstructuredOf(applied)
	err = s.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("suite"))
	if !apierrors.IsForbidden(err) {
		t.Errorf("an applied huge widget: %v", err)
	}
}

func TestUsers(t *testing.T) {
	s := start(t)
	ctx := context.Background()
	reader, err := s.env.AddUser(envtest.User{Name: "reader", Groups: []string{"readers"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := client.New(reader.Config(), client.Options{Scheme: scheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := theirs.List(ctx, &WidgetList{}); !apierrors.IsForbidden(err) {
		t.Errorf("before there is a role: %v", err)
	}
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "read-widgets"},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{"kats.test"}, Resources: []string{"widgets"}, Verbs: []string{"get", "list"}},
		},
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "read-widgets"},
		RoleRef:    rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "read-widgets"},
		Subjects:   []rbacv1.Subject{{Kind: "Group", APIGroup: "rbac.authorization.k8s.io", Name: "readers"}},
	}
	for _, object := range []client.Object{role, binding} {
		if err := s.client.Create(ctx, object); err != nil {
			t.Fatal(err)
		}
	}
	if err := theirs.List(ctx, &WidgetList{}); err != nil {
		t.Errorf("with a role: %v", err)
	}
	if err := theirs.Create(ctx, widget("theirs", WidgetSpec{})); !apierrors.IsForbidden(err) {
		t.Errorf("a write: %v", err)
	}
}

// Suites of several packages run side by side.
func TestSideBySide(t *testing.T) {
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := start(t)
			ctx := context.Background()
			if err := s.client.Create(ctx, widget("mine", WidgetSpec{Size: i + 1})); err != nil {
				t.Fatal(err)
			}
			var all WidgetList
			if err := s.client.List(ctx, &all); err != nil {
				t.Fatal(err)
			}
			if len(all.Items) != 1 {
				t.Errorf("there are %d widgets", len(all.Items))
			}
		})
	}
}

func TestRestartKeepsData(t *testing.T) {
	plane := &envtest.Environment{CRDDirectoryPaths: []string{"crds"}}
	config, err := plane.Start()
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	defer func() {
		if !stopped {
			_ = plane.Stop()
		}
	}()
	ctx := context.Background()
	c, err := client.New(config, client.Options{Scheme: scheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Create(ctx, widget("kept", WidgetSpec{})); err != nil {
		t.Fatal(err)
	}
	server := plane.ControlPlane.GetAPIServer()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	user, err := plane.AddUser(envtest.User{Name: "again", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err = client.New(user.Config(), client.Options{Scheme: scheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	var live Widget
	if err := c.Get(ctx, client.ObjectKey{Namespace: "default", Name: "kept"}, &live); err != nil {
		t.Errorf("after a restart of the API server: %v", err)
	}
	folder := plane.ControlPlane.Etcd.DataDir
	if err := plane.Stop(); err != nil {
		t.Fatal(err)
	}
	stopped = true
	// No process may be left behind.
	if out, _ := exec.Command("pgrep", "-f", folder).Output(); len(out) > 0 {
		t.Errorf("still running: %s", out)
	}
}

func widget(name string, spec WidgetSpec) *Widget {
	return &Widget{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: spec}
}

func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatalf("%s: not after 10 s: %v", what, err)
}
