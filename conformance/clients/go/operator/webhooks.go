package main

import (
	"context"
	"errors"
	"strings"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

type defaulter struct{}

func (defaulter) Default(_ context.Context, website *Website) error {
	if website.Spec.Replicas == nil {
		website.Spec.Replicas = ptr.To(int32(2))
	}
	return nil
}

type validator struct{}

func (validator) validate(website *Website) (admission.Warnings, error) {
	if strings.HasSuffix(website.Spec.Host, ".forbidden") {
		return nil, errors.New("this host is forbidden")
	}
	if !strings.Contains(website.Spec.Host, ".") {
		return admission.Warnings{"the host has no domain"}, nil
	}
	return nil, nil
}

func (v validator) ValidateCreate(_ context.Context, website *Website) (admission.Warnings, error) {
	return v.validate(website)
}

func (v validator) ValidateUpdate(_ context.Context, _, website *Website) (admission.Warnings, error) {
	return v.validate(website)
}

func (validator) ValidateDelete(context.Context, *Website) (admission.Warnings, error) {
	return nil, nil
}
