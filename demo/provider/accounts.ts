/** An account of the demonstration's provider: its claims beside `sub`, which is its name. */
export interface Account {
  readonly name: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly groups: readonly string[];
}

/** The accounts of the demonstration's provider. They have no passwords. */
export const accounts: ReadonlyMap<string, Account> = new Map([
  ["alice", account("Alice Adams", "alice", ["customers", "crew"])],
  ["bob", account("Bob Brown", "bob", ["customers"])],
]);

/** The claims that each scope asks for. */
export const CLAIMS = {
  openid: ["sub"],
  profile: ["name"],
  email: ["email", "email_verified"],
  groups: ["groups"],
};

function account(name: string, user: string, groups: readonly string[]): Account {
  return { name, email: `${user}@example.com`, email_verified: true, groups };
}
