import { session } from "moor/next";
import { add, fill, logout } from "../actions.js";

export default async function Page() {
  const { principal = null, attributes } = await session();
  return (
    <>
      <pre>{JSON.stringify({ page: "basket", principal, attributes })}</pre>
      <form action={add}>
        <input name="item" />
      </form>
      <form action={fill}>
        <input name="bytes" />
      </form>
      <form action={logout}>
        <input name="sure" />
      </form>
    </>
  );
}
