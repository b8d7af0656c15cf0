import { adopt } from "moor/adopt";
import { getServerSession } from "next-auth";
import { getToken } from "next-auth/jwt";
import { authOptions } from "../../auth.js";

async function session(request) {
  const session = await getServerSession(authOptions);
  const token = await getToken({ req: request, secret: authOptions.secret });
  if (!session || !token) return undefined;
  const { user, basket } = session;
  return { id: token.sid, principal: token.sub, attributes: { user, basket }, expiresAt: token.exp * 1000 };
}

export const { GET, PUT, DELETE } = adopt({ from: "app", session });
