package moor.session.outside;

import java.util.function.Function;
import moor.session.outside.Requests.Open;
import org.springframework.session.SessionRepository;

/** Moor's repository, for tests of Spring Session that call a repository outside of requests. */
public abstract class OutsideRepository<S extends OutsideSession> implements SessionRepository<S> {
    private final Requests requests = new Requests();
    private final Function<Found, S> toSession;

    protected OutsideRepository(Function<Found, S> toSession) {
        this.toSession = toSession;
    }

    /** A session that was made or found, in its request. */
    public static final class Found {
        private final Open open;

        private Found(Open open) {
            this.open = open;
        }

        /** The session of a visitor who comes for the first time. */
        public static Found ofNewVisitor() {
            return new Found(new Requests().create());
        }

        Open open() {
            return open;
        }
    }

    @Override
    public S createSession() {
        return toSession.apply(new Found(requests.create()));
    }

    @Override
    public void save(S session) {
        requests.save(session.open);
    }

    @Override
    public S findById(String id) {
        Open open = requests.find(id);
        return open == null ? null : toSession.apply(new Found(open));
    }

    @Override
    public void deleteById(String id) {
        requests.delete(id);
    }
}
