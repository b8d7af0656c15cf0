package moor.session.outside;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import moor.session.Moor;
import moor.session.Settings;
import moor.session.servlet.Exchange;
import moor.session.servlet.MoorFilter;
import moor.session.spring.MoorSessionRepository;
import moor.session.spring.MoorSpringSession;
import moor.session.testkit.FakeMoor;
import moor.session.testkit.Visitor;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/**
 * Calls {@link MoorSessionRepository} as Spring Session's tests call their repositories: outside of requests. Each session that is
 * made or found belongs to a request of its own, which goes through the filter. The request lasts until the session is saved or deleted.
 */
final class Requests {
    /** The token that a client has for an id: it is worth nothing when its session has a newer generation. */
    private record Client(Visitor visitor, long generation) {}

    /** An attribute of each new session, if the system property `moor.outside.fill` asks for it: Moor stores no empty session. */
    static final String FILLING = "outside.filling";

    private static final FakeMoor FAKE = fakeMoor();
    private static final MoorFilter FILTER = new MoorFilter(new Moor(Settings.from(FAKE.variables())));

    private final MoorSessionRepository repository = new MoorSessionRepository();
    private final Map<String, Client> clients = new HashMap<>();

    private static FakeMoor fakeMoor() {
        try {
            return new FakeMoor();
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    /** A request that is not answered yet. */
    static final class Open {
        final Visitor visitor;
        final MockHttpServletResponse response = new MockHttpServletResponse();
        MoorSpringSession session;
        private AsyncContext async;

        Open(Visitor visitor, Supplier<MoorSpringSession> use) {
            this.visitor = visitor;
            MockHttpServletRequest request = new MockHttpServletRequest();
            request.setAsyncSupported(true);
            request.addHeader("Moor-Session", visitor.handoff());
            try {
                FILTER.doFilter(request, response, (asked, answer) -> {
                    session = use.get();
                    async = asked.startAsync();
                });
            } catch (IOException | ServletException cause) {
                throw new IllegalStateException("the filter does not work", cause);
            }
        }

        /** Sends the response, and has the visitor's session changed by its headers. A second answer has no headers to send. */
        void answer() {
            async.complete();
            if (response.isCommitted()) return;
            Map<String, List<String>> headers = new HashMap<>();
            for (String name : response.getHeaderNames()) headers.put(name, response.getHeaders(name));
            visitor.apply(headers);
            response.setCommitted(true);
        }
    }

    Open create() {
        Open open = new Open(FAKE.visitor(), repository::createSession);
        if (Boolean.getBoolean("moor.outside.fill")) open.session.setAttribute(FILLING, true);
        return open;
    }

    /** The request of the client that was given this id, or null if the id is unknown, or of no session any more. */
    Open find(String id) {
        Client client = clients.get(id);
        if (client == null || client.generation() != client.visitor().generation()) return null;
        Open open = new Open(client.visitor(), () -> {
            String current = Exchange.current().requestedId();
            return current == null ? null : repository.findById(current);
        });
        if (open.session == null) return null;
        remember(open);
        return open;
    }

    void save(Open open) {
        repository.save(open.session);
        open.answer();
        remember(open);
    }

    void delete(String id) {
        Open open = find(id);
        if (open == null) return;
        open.answer();
        Open deleting = new Open(open.visitor, () -> {
            repository.deleteById(Exchange.current().requestedId());
            return null;
        });
        deleting.answer();
    }

    private void remember(Open open) {
        clients.put(open.session.getId(), new Client(open.visitor, open.visitor.generation()));
    }
}
