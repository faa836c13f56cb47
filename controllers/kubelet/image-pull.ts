import {imageSize, resolveImage} from './images.ts';
import type {ContainerRecord} from './pod-record.ts';

export type TellEvent = (type: 'Normal' | 'Warning', reason: string, message: string, container?: ContainerRecord) => void;

/** The pauses before a failed pull or start is tried again. */
export const FIRST_BACKOFF = 10_000;
export const LAST_BACKOFF = 300_000;
/** From ErrImagePull to ImagePullBackOff. */
const IMAGE_BACKOFF_AFTER = 1000;

/** How the image of a container that starts now came to the node. */
export function tellPulled(container: ContainerRecord, event: TellEvent): void {
  const {image = ''} = container.spec;
  if (container.pulled === undefined) {
    event('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`, container);
  } else {
    const took = formatSeconds(container.pulled);
    event(
      'Normal',
      'Pulled',
      `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${imageSize(image)} bytes.`,
      container,
    );
  }
}

/** One more failure to pull: ErrImagePull, then ImagePullBackOff with pauses that double. */
export function failPull(container: ContainerRecord, now: number, event: TellEvent): void {
  const {image = '', imagePullPolicy} = container.spec;
  if (imagePullPolicy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    if (container.imageFailures++ === 0) {
      event('Warning', 'ErrImageNeverPull', message, container);
      event('Warning', 'Failed', 'Error: ErrImageNeverPull', container);
    }
    container.state = {type: 'waiting', reason: 'ErrImageNeverPull', message};
    return;
  }
  const {reason} = container.state as {reason: string};
  const cause = pullError(image);
  if (reason === 'ErrImagePull') {
    const backoff = Math.min(FIRST_BACKOFF * 2 ** (container.imageFailures - 1), LAST_BACKOFF);
    event('Normal', 'BackOff', `Back-off pulling image "${image}"`, container);
    event('Warning', 'Failed', 'Error: ImagePullBackOff', container);
    container.state = {
      type: 'waiting',
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${image}": ErrImagePull: ${cause}`,
      until: now + backoff,
    };
    return;
  }
  container.imageFailures++;
  event('Normal', 'Pulling', `Pulling image "${image}"`, container);
  event('Warning', 'Failed', `Failed to pull image "${image}": ${cause}`, container);
  event('Warning', 'Failed', 'Error: ErrImagePull', container);
  container.state = {type: 'waiting', reason: 'ErrImagePull', message: cause, until: now + IMAGE_BACKOFF_AFTER};
}

const pullError = (image: string): string => {
  const {image: full} = resolveImage(image);
  return `failed to pull and unpack image "${full}": failed to resolve reference "${full}": ${full}: not found`;
};

const formatSeconds = (milliseconds: number): string =>
  milliseconds > 0 && milliseconds < 1000 ? `${milliseconds}ms` : `${milliseconds / 1000}s`;
