import CredentialsProvider from "next-auth/providers/credentials";

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
      authorize: ({ user }) => ({ id: user, name: user, basket: { apples: 2 } }),
    }),
  ],
  callbacks: {
    jwt({ token, user }) {
      if (user) token.basket = user.basket;
      token.sid ??= crypto.randomUUID();
      return token;
    },
    session: ({ session, token }) =>
      disabled.has(token.sub) ? null : { ...session, user: { ...session.user, id: token.sub }, basket: token.basket },
  },
};
