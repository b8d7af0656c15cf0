import { session } from "moor/next";

/** Shows the session, for the test to read. */
export default async function Page() {
  const { principal = null, attributes, isNew } = await session();
  return <pre>{JSON.stringify({ page: "home", principal, attributes, isNew })}</pre>;
}
