/**
 * Does some work by a connection of its own, and ends the connection, whatever comes of the work.
 *
 * @throws the errors of the work.
 */
export async function alone<Connection extends { end(): Promise<void> }, Answer>(
  connection: Connection,
  work: (connection: Connection) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}
