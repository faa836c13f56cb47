import type {
  ApiextensionsWebhookClientConfig,
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from '../../api/kinds.generated.ts';
import {semanticEqual} from '../rules.ts';

interface PerVersion {
  readonly validation?: CustomResourceValidation;
  readonly subresources?: CustomResourceSubresources;
  readonly additionalPrinterColumns?: CustomResourceColumnDefinition[];
  readonly selectableFields?: SelectableField[];
}

/**
 * A CRD's spec as its rules see it: what all versions have the same is told once, at the top (and messages name it there);
 * the conversion's webhook lies flat (pkg/apis/apiextensions/v1/conversion.go).
 */
export interface InternalSpec extends PerVersion {
  readonly spec: CustomResourceDefinitionSpec;
  /** Name of the first version. */
  readonly version: string;
  readonly versions: CustomResourceDefinitionVersion[] | undefined;
  readonly conversion: InternalConversion | undefined;
}

export interface InternalConversion {
  readonly strategy: string;
  readonly webhookClientConfig: ApiextensionsWebhookClientConfig | undefined;
  readonly conversionReviewVersions: string[] | undefined;
}

export function internalSpec(spec: CustomResourceDefinitionSpec): InternalSpec {
  const conversion = spec.conversion && {
    strategy: spec.conversion.strategy,
    webhookClientConfig: spec.conversion.webhook?.clientConfig,
    conversionReviewVersions: spec.conversion.webhook?.conversionReviewVersions,
  };
  const first = spec.versions?.[0];
  if (!first) return {spec, version: '', versions: spec.versions ?? undefined, conversion};
  const shared = (name: keyof CustomResourceDefinitionVersion): boolean =>
    spec.versions.every(version => semanticEqual(version[name], first[name]));
  const atTop = (['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const).filter(shared);
  const hoisted = Object.fromEntries(atTop.map(name => [name === 'schema' ? 'validation' : name, first[name]])) as PerVersion;
  const versions = spec.versions.map(version => {
    const rest = {...version};
    for (const name of atTop) delete rest[name];
    return rest;
  });
  return {spec, version: first.name, versions, conversion, ...hoisted};
}
