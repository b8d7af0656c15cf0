import { session } from "moor/next";

/** A Server Component cannot change a session: Next.js has begun its response. */
export default async function Page({ searchParams }) {
  const visitor = await session();
  const { write } = await searchParams;
  const said = write && (await visitor.set("a", 1).catch((error) => error.message));
  return <pre>{JSON.stringify({ page: "private", principal: visitor.principal, said })}</pre>;
}
