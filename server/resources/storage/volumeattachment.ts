import type {FieldError, FieldPath} from '../../api/field.ts';
import {child, forbiddenField, invalid, required, tooLong} from '../../api/field.ts';
import type {VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentSpec, VolumeError} from '../../api/kinds.generated.ts';
import {isDNS1123Subdomain, longerThan} from '../../api/names.ts';
import {VOLUME_SPEC} from '../core/internal-volume.ts';
import {defaultVolumeSource, validateInlineVolumeSpec} from '../core/persistentvolume.ts';
import {validateCSIDriverName} from '../core/volume-sources.ts';
import {internal, pointer, struct} from '../internal.ts';
import type {Strategy} from '../resource.ts';
import {collect, IMMUTABLE, named, requiredText, semanticEqual} from '../rules.ts';

/** Upstream: pkg/apis/storage/validation, pkg/registry/storage/volumeattachment. */
export const volumeAttachment: Strategy = {
  defaults(object) {
    const inline = (object as VolumeAttachment).spec?.source?.inlineVolumeSpec;
    if (inline) defaultVolumeSource(inline);
  },
  metadataOnUpdate: 'create',
  validate: object => validateSpec((object as VolumeAttachment).spec, 'spec'),
  validateUpdate(object, old) {
    const [now, before] = [object as VolumeAttachment, old as VolumeAttachment];
    return collect(
      validateSpec(now.spec, 'spec'),
      validateStatus(now, 'status'),
      !semanticEqual(now.spec, before.spec) && invalid('spec', internal(now.spec, SHOWN), IMMUTABLE),
    );
  },
  subresources: {status: {validateUpdate: object => validateStatus(object as VolumeAttachment, 'status')}},
  generation: 'none',
  statusMetadata: 'none',
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
};

const SHOWN = struct({
  attacher: '',
  source: struct({persistentVolumeName: null, inlineVolumeSpec: pointer(VOLUME_SPEC)}),
  nodeName: '',
});

const ONE_SOURCE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

const validateSpec = (spec: VolumeAttachmentSpec, path: FieldPath): FieldError[] =>
  collect(
    validateCSIDriverName(spec.attacher, child(path, 'attacher')),
    validateSource(spec.source ?? {}, child(path, 'source')),
    named(spec.nodeName, child(path, 'nodeName'), isDNS1123Subdomain),
  );

function validateSource({inlineVolumeSpec: inline, persistentVolumeName: name}: VolumeAttachmentSource, path: FieldPath): FieldError[] {
  const ofName = child(path, 'persistentVolumeName');
  if (!inline && name === undefined) return [required(path, ONE_SOURCE)];
  if (inline && name !== undefined) return [forbiddenField(path, ONE_SOURCE)];
  if (name !== undefined) {
    return collect(requiredText(name, ofName, 'must specify non empty persistentVolumeName'), named(name, ofName, isDNS1123Subdomain));
  }
  return validateInlineVolumeSpec(inline!, child(path, 'inlineVolumeSpec'));
}

const MAX_MESSAGE = 1024;
const MAX_METADATA = 256 * 1024;

function validateStatus({status}: VolumeAttachment, path: FieldPath): FieldError[] {
  const size = Object.entries(status?.attachmentMetadata ?? {}).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return collect(
    size > MAX_METADATA && tooLong(child(path, 'attachmentMetadata'), MAX_METADATA),
    validateError(status?.attachError, child(path, 'attachError')),
    validateError(status?.detachError, child(path, 'detachError')),
  );
}

const validateError = (error: VolumeError | undefined, path: FieldPath): FieldError[] =>
  error && longerThan(error.message ?? '', MAX_MESSAGE) ? [tooLong(child(path, 'message'), MAX_MESSAGE)] : [];
