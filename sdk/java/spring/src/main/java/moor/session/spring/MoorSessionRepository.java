package moor.session.spring;

import jakarta.servlet.http.HttpSession;
import moor.session.servlet.Exchange;
import org.springframework.expression.Expression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.session.SessionRepository;

/**
 * The sessions that Moor hands over with requests. It finds the session of the request that the current thread works on, and no
 * other.
 */
public final class MoorSessionRepository implements SessionRepository<MoorSpringSession> {
    /** The attribute in which Spring Security keeps the user. */
    private static final String SECURITY_CONTEXT = "SPRING_SECURITY_CONTEXT";

    private static final Expression USER = new SpelExpressionParser().parseExpression("authentication?.name");

    /** @throws IllegalStateException if the thread works on no request. */
    @Override
    public MoorSpringSession createSession() {
        Exchange exchange = Exchange.current();
        if (exchange == null) throw new IllegalStateException("Moor makes sessions for requests, and this thread has none");
        return new MoorSpringSession(exchange, exchange.request().getSession(true));
    }

    /** The changes are recorded already. A new id with a user in Spring Security's context is a login of that user. */
    @Override
    public void save(MoorSpringSession session) {
        if (!session.hasNewId()) return;
        Object context = session.getAttribute(SECURITY_CONTEXT);
        String user = context == null ? null : USER.getValue(context, String.class);
        if (user != null) session.exchange().session().login(user);
    }

    @Override
    public MoorSpringSession findById(String id) {
        Exchange exchange = Exchange.current();
        HttpSession session = exchange == null ? null : exchange.request().getSession(false);
        return session == null || !session.getId().equals(id) ? null : new MoorSpringSession(exchange, session);
    }

    @Override
    public void deleteById(String id) {
        MoorSpringSession session = findById(id);
        if (session != null) session.session().invalidate();
    }
}
