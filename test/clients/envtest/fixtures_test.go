package envtest

import (
	"context"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// The webhooks of widgets, in the types of this version of the library.
type defaulter struct{ hooks }
type validator struct{ hooks }

func (v validator) ValidateCreate(ctx context.Context, w *Widget) (admission.Warnings, error) {
	return v.hooks.ValidateCreate(ctx, w)
}
func (v validator) ValidateUpdate(ctx context.Context, old, w *Widget) (admission.Warnings, error) {
	return v.hooks.ValidateUpdate(ctx, old, w)
}
func (v validator) ValidateDelete(ctx context.Context, w *Widget) (admission.Warnings, error) {
	return v.hooks.ValidateDelete(ctx, w)
}

func rules() []admissionv1.RuleWithOperations {
	return []admissionv1.RuleWithOperations{{
		Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
		Rule: admissionv1.Rule{
			APIGroups: []string{groupVersion.Group}, APIVersions: []string{"v1"}, Resources: []string{"widgets"},
		},
	}}
}

func at(path string) admissionv1.WebhookClientConfig {
	return admissionv1.WebhookClientConfig{
		Service: &admissionv1.ServiceReference{Namespace: "system", Name: "webhook-service", Path: &path},
	}
}

func mutating() *admissionv1.MutatingWebhookConfiguration {
	return &admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "widgets"},
		Webhooks: []admissionv1.MutatingWebhook{{
			Name:                    "default.kats.test",
			AdmissionReviewVersions: []string{"v1"},
			ClientConfig:            at("/mutate-kats-test-v1-widget"),
			Rules:                   rules(),
			SideEffects:             ptr.To(admissionv1.SideEffectClassNone),
		}},
	}
}

func validating() *admissionv1.ValidatingWebhookConfiguration {
	return &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "widgets"},
		Webhooks: []admissionv1.ValidatingWebhook{{
			Name:                    "validate.kats.test",
			AdmissionReviewVersions: []string{"v1"},
			ClientConfig:            at("/validate-kats-test-v1-widget"),
			Rules:                   rules(),
			SideEffects:             ptr.To(admissionv1.SideEffectClassNone),
		}},
	}
}

// Several managers of one process may have controllers of the same name.
func controllerConfig(skipNames *bool) config.Controller {
	return config.Controller{SkipNameValidation: skipNames}
}

func unstructuredOf(content map[string]interface{}) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: content}
}
