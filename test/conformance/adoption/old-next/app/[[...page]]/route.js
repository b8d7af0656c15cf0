import { getServerSession } from "next-auth";
import { authOptions, ironSession, isIron } from "../../shop.js";

export async function GET() {
  const { user, basket } = isIron() ? await ironSession() : ((await getServerSession(authOptions)) ?? {});
  return Response.json({ server: "old", user: user?.id ?? user ?? null, basket: basket ?? null });
}
