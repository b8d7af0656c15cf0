import { type Callback, Session } from "./session.ts";

type Act = (callback: Callback) => void;

/** A session whose methods return promises if they get no callback, as frameworks with `async` handlers have it. */
export class AsyncSession extends Session {
  override regenerate(callback: Callback): this;
  override regenerate(): Promise<void>;
  override regenerate(callback?: Callback): unknown {
    return either((done) => super.regenerate(done), callback);
  }

  override destroy(callback: Callback): this;
  override destroy(): Promise<void>;
  override destroy(callback?: Callback): unknown {
    return either((done) => super.destroy(done), callback);
  }

  override reload(callback: Callback): this;
  override reload(): Promise<void>;
  override reload(callback?: Callback): unknown {
    return either((done) => super.reload(done), callback);
  }

  override save(callback: Callback): this;
  override save(): Promise<void>;
  override save(callback?: Callback): unknown {
    return either((done) => super.save(done), callback);
  }
}

function either(act: Act, callback: Callback | undefined): unknown {
  if (callback) return act(callback);
  return new Promise<void>((resolve, reject) => act((error) => (error ? reject(error) : resolve())));
}
