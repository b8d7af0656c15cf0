import { session } from "moor/next";

export async function GET() {
  return Response.json({ ...(await session()).attributes });
}

export async function POST(request) {
  const visitor = await session();
  await visitor.patch({ basket: await request.json() });
  return Response.json({ ...visitor.attributes });
}
