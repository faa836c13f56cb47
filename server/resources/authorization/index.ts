import type {Strategy} from '../resource.ts';
import {localSubjectAccessReview, selfSubjectAccessReview, subjectAccessReview} from './reviews.ts';

/** The rules of the authorization.k8s.io group's kinds. */
export const authorization: {readonly [kind: string]: Strategy} = {
  LocalSubjectAccessReview: localSubjectAccessReview,
  SelfSubjectAccessReview: selfSubjectAccessReview,
  SubjectAccessReview: subjectAccessReview,
};
