/** The part of a namespace of Durable Objects by which objects are reached. */
interface Named {
  getByName(name: string, options?: object): object;
}

/** The same namespace, also reached by ids. The id of an object is its name. */
export function withNamedIds<Namespace extends Named>(namespace: Namespace) {
  return {
    ...namespace,
    idFromName: (name: string) => name,
    get: (id: string, options?: object) => namespace.getByName(id, options),
  };
}
