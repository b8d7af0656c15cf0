import { getIronSession } from "iron-session";
import { adopt } from "moor/adopt";
import { cookies } from "next/headers";
import { options } from "../../../iron.js";

async function session() {
  const { user, ...others } = await getIronSession(await cookies(), options);
  if (user === undefined) return undefined;
  return { principal: user.id, attributes: { user, ...others }, expiresAt: Date.now() + options.ttl * 1000 };
}

export const { GET, PUT, DELETE } = adopt({ from: "app", session });
