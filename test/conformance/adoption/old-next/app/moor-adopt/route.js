import { adopt } from "moor/adopt";
import { getServerSession } from "next-auth";
import { getToken } from "next-auth/jwt";
import { authOptions, ironEndsAt, ironSession, isIron } from "../../shop.js";

/** next-auth and its callbacks judge the token. */
async function ofNextAuth(request) {
  const session = await getServerSession(authOptions);
  const token = await getToken({ req: request, secret: authOptions.secret });
  if (!session || !token) return undefined;
  const { sub, jti, exp, basket } = token;
  return { id: jti, principal: sub, attributes: { user: session.user, basket }, expiresAt: exp * 1000 };
}

async function ofIronSession() {
  const { user, basket } = await ironSession();
  return user === undefined ? undefined : { principal: user, attributes: { user, basket }, expiresAt: ironEndsAt() };
}

export const { GET, PUT, DELETE } = adopt({
  from: "app",
  session: (request) => (isIron() ? ofIronSession() : ofNextAuth(request)),
});
