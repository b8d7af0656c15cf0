import { getServerSession } from "next-auth";
import { authOptions } from "../../auth.js";
import { ironSession, isIron } from "../../iron.js";

export async function GET() {
  const { user, basket } = isIron() ? await ironSession() : ((await getServerSession(authOptions)) ?? {});
  return Response.json({ server: "old", user: user?.id ?? null, basket: basket ?? null });
}
