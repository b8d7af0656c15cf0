import { login } from "../actions.js";

export default function Page() {
  return (
    <form action={login}>
      <input name="user" />
      <button type="submit">Log in</button>
    </form>
  );
}
