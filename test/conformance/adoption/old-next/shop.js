import { getIronSession } from "iron-session";
import { cookies } from "next/headers";
import CredentialsProvider from "next-auth/providers/credentials";

/** The shop keeps its sessions with next-auth, or with iron-session if `KIND` says so. */
export const isIron = () => process.env.KIND === "iron-session";

/** Users who may not log in any more. */
globalThis.disabledUsers ??= new Set();
export const disabled = globalThis.disabledUsers;

/** The application's own settings of next-auth. A disabled user has no session any more, also with a token that is good. */
export const authOptions = {
  secret: "of the old shop alone",
  session: { strategy: "jwt" },
  providers: [
    CredentialsProvider({
      credentials: { user: {} },
      authorize: ({ user }) => ({ id: user, name: user }),
    }),
  ],
  callbacks: {
    jwt: ({ token, user }) => (user ? { ...token, basket: { apples: 2 } } : token),
    session: ({ session, token }) =>
      disabled.has(token.sub) ? null : { ...session, user: { ...session.user, id: token.sub }, basket: token.basket },
  },
};

const TTL = 14 * 86_400;
export async function ironSession() {
  const options = { cookieName: "shop", password: "of the old shop alone, and of no worth", ttl: TTL };
  return getIronSession(await cookies(), { ...options, cookieOptions: { secure: false } });
}
export const ironEndsAt = () => Date.now() + TTL * 1000;
