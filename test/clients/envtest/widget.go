// Package envtest is a small operator, written as operators are, and a suite that runs it under envtest.
package envtest

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

var groupVersion = schema.GroupVersion{Group: "kats.test", Version: "v1"}

// A Widget wants a ConfigMap of its name that says how large it is.
type Widget struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              WidgetSpec   `json:"spec,omitempty"`
	Status            WidgetStatus `json:"status,omitempty"`
}

type WidgetSpec struct {
	Colour string `json:"colour,omitempty"`
	Size   int    `json:"size,omitempty"`
}

type WidgetStatus struct {
	Ready        bool `json:"ready,omitempty"`
	ObservedSize int  `json:"observedSize,omitempty"`
}

type WidgetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Widget `json:"items"`
}

func (w *Widget) DeepCopyObject() runtime.Object {
	out := *w
	w.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	return &out
}

func (l *WidgetList) DeepCopyObject() runtime.Object {
	out := *l
	out.Items = make([]Widget, len(l.Items))
	for i := range l.Items {
		out.Items[i] = *l.Items[i].DeepCopyObject().(*Widget)
	}
	return &out
}

func addToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(groupVersion, &Widget{}, &WidgetList{})
	metav1.AddToGroupVersion(s, groupVersion)
	return nil
}

const finalizer = "kats.test/cleanup"

type reconciler struct {
	client.Client
	Scheme *runtime.Scheme
	// Cleaned gets the names of widgets that are gone.
	Cleaned chan string
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var widget Widget
	if err := r.Get(ctx, request.NamespacedName, &widget); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !widget.DeletionTimestamp.IsZero() {
		if controllerutil.RemoveFinalizer(&widget, finalizer) {
			r.Cleaned <- widget.Name
			return ctrl.Result{}, client.IgnoreNotFound(r.Update(ctx, &widget))
		}
		return ctrl.Result{}, nil
	}
	if controllerutil.AddFinalizer(&widget, finalizer) {
		return ctrl.Result{}, r.Update(ctx, &widget)
	}
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: widget.Name, Namespace: widget.Namespace}}
	_, err := controllerutil.CreateOrPatch(ctx, r.Client, config, func() error {
		config.Data = map[string]string{"size": fmt.Sprint(widget.Spec.Size), "colour": widget.Spec.Colour}
		return controllerutil.SetControllerReference(&widget, config, r.Scheme)
	})
	if err != nil {
		return ctrl.Result{}, err
	}
	if widget.Status.Ready && widget.Status.ObservedSize == widget.Spec.Size {
		return ctrl.Result{}, nil
	}
	widget.Status = WidgetStatus{Ready: true, ObservedSize: widget.Spec.Size}
	return ctrl.Result{}, r.Status().Update(ctx, &widget)
}

type hooks struct{}

// Default paints widgets that have no colour.
func (hooks) Default(_ context.Context, widget *Widget) error {
	if widget.Spec.Colour == "" {
		widget.Spec.Colour = "green"
	}
	return nil
}

func (hooks) ValidateCreate(_ context.Context, widget *Widget) ([]string, error) {
	if widget.Spec.Size > 100 {
		return []string{"large widgets are dear"}, fmt.Errorf("a widget of %d does not fit", widget.Spec.Size)
	}
	return nil, nil
}

func (w hooks) ValidateUpdate(ctx context.Context, _, widget *Widget) ([]string, error) {
	return w.ValidateCreate(ctx, widget)
}

func (hooks) ValidateDelete(context.Context, *Widget) ([]string, error) { return nil, nil }
