import assert from 'node:assert/strict';
import type {Authorizer} from '../../../server/access/authorizer.ts';
import type {Identity} from '../../../server/api/client.ts';
import {isApiError} from '../../../server/api/status.ts';
import {createImpersonate} from '../../../server/request/impersonate.ts';
import {requestInfo} from '../../../server/request/info.ts';
import type {ApiRequest} from '../../../server/request/request.ts';

const ROBOT: Identity = {
  name: 'system:serviceaccount:n:robot',
  groups: ['system:serviceaccounts', 'system:authenticated'],
  extra: {'authentication.kubernetes.io/node-name': ['node-1']},
};
const INFO = requestInfo('GET', '/api/v1/namespaces/n/pods', new URLSearchParams())!;

/** Allows `verb resource name`, or `verb resource *` for any name. */
const allowing =
  (...rights: string[]): Authorizer =>
  ({verb, resource, subresource, name}) => {
    const what = `${verb} ${subresource ? `${resource}/${subresource}` : resource}`;
    return {allowed: rights.includes(`${what} ${name}`) || rights.includes(`${what} *`), reason: ''};
  };

async function attempt(authorizer: Authorizer, headers: ApiRequest['headers'], requestor = ROBOT): Promise<Identity | string> {
  try {
    return await createImpersonate(authorizer)(requestor, {headers} as ApiRequest, INFO);
  } catch (error) {
    if (!isApiError(error)) throw error;
    return error.message;
  }
}

describe('server/request/impersonate', () => {
  it('changes nothing where nobody is asked for', async () => {
    assert.equal(await attempt(allowing(), {}), ROBOT);
  });

  const identities: [string, string[], ApiRequest['headers'], Identity][] = [
    ['a user in the old way', ['impersonate users bob'], {'impersonate-user': 'bob'}, {name: 'bob', groups: ['system:authenticated']}],
    [
      'a user for listing pods',
      ['impersonate-on:user-info:list pods *', 'impersonate:user-info users bob', 'impersonate:user-info groups *'],
      {'impersonate-user': 'bob', 'impersonate-group': ['dev,ops', 'x']},
      {name: 'bob', groups: ['dev,ops', 'x', 'system:authenticated']},
    ],
    [
      'a service account with its groups',
      ['impersonate-on:serviceaccount:list pods *', 'impersonate:serviceaccount serviceaccounts a'],
      {'impersonate-user': 'system:serviceaccount:m:a'},
      {name: 'system:serviceaccount:m:a', groups: ['system:serviceaccounts', 'system:serviceaccounts:m', 'system:authenticated']},
    ],
    [
      'its own node',
      ['impersonate-on:associated-node:list pods *', 'impersonate:associated-node nodes *'],
      {'impersonate-user': 'system:node:node-1'},
      {name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated']},
    ],
    [
      'nobody',
      ['impersonate users system:anonymous'],
      {'impersonate-user': 'system:anonymous'},
      {name: 'system:anonymous', groups: ['system:unauthenticated']},
    ],
    [
      'uid and extra',
      ['impersonate users bob', 'impersonate uids u', 'impersonate userextras/acme.com/project p'],
      {'impersonate-user': 'bob', 'impersonate-uid': 'u', 'impersonate-extra-acme.com%2fproject': ['p']},
      {name: 'bob', uid: 'u', groups: ['system:authenticated'], extra: {'acme.com/project': ['p']}},
    ],
  ];
  for (const [what, rights, headers, identity] of identities) {
    it(`lets somebody be ${what}`, async () => {
      assert.deepEqual(await attempt(allowing(...rights), headers), identity);
    });
  }

  const refusals: [string, string[], ApiRequest['headers'], RegExp][] = [
    ['without any right', [], {'impersonate-user': 'bob'}, /cannot impersonate-on:user-info:list resource "pods"/],
    [
      'another node than its own',
      ['impersonate-on:associated-node:list pods *', 'impersonate:associated-node nodes *'],
      {'impersonate-user': 'system:node:node-2'},
      /cannot impersonate-on:arbitrary-node:list/,
    ],
    [
      'masters by a constrained right',
      ['impersonate-on:user-info:list pods *', 'impersonate:user-info users *', 'impersonate:user-info groups *'],
      {'impersonate-user': 'bob', 'impersonate-group': ['system:masters']},
      /impersonating the system:masters group is not allowed/,
    ],
    [
      'a group that is not allowed',
      ['impersonate users bob'],
      {'impersonate-user': 'bob', 'impersonate-group': ['devs']},
      /cannot impersonate-on:user-info:list/,
    ],
    ['without a user', ['impersonate groups *'], {'impersonate-group': ['x']}, /^requested .*Groups:\[\]string\{"x"\}.* without/],
  ];
  for (const [what, rights, headers, message] of refusals) {
    it(`refuses: ${what}`, async () => {
      assert.match((await attempt(allowing(...rights), headers)) as string, message);
    });
  }

  it('shows the refusal of the way that last worked', async () => {
    const impersonate = createImpersonate(allowing('impersonate users bob'));
    const as = async (user: string) => impersonate(ROBOT, {headers: {'impersonate-user': user}} as unknown as ApiRequest, INFO);
    await as('bob');
    await assert.rejects(as('carl'), {message: /^users "carl" is forbidden: .* cannot impersonate resource "users" in API group ""/});
  });
});
