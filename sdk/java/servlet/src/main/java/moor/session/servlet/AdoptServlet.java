package moor.session.servlet;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The endpoint of a web application whose sessions the server keeps, for example Tomcat. Its settings are those of {@link Adopt}: init
 * parameters of the servlet, or else variables of the environment. Moor asks it who a visitor is, so that living sessions move in.
 *
 * <p>The user is that of {@code request.getRemoteUser()}. An application with a login of its own overrides {@link #userOf}.
 */
public class AdoptServlet extends HttpServlet {
    private static final long serialVersionUID = 1;
    private static final List<String> NAMES =
            List.of("MOOR_APPLICATION", "MOOR_ISSUER", "MOOR_READER_ISSUERS", "MOOR_CONFIRM_KEYS", "MOOR_CLASSES");

    private transient Adopt adopt;

    @Override
    public void init() {
        Map<String, String> settings = new HashMap<>();
        for (String name : NAMES) {
            String parameter = getInitParameter(name);
            settings.put(name, parameter == null ? System.getenv(name) : parameter);
        }
        adopt = new Adopt(new Container(), settings);
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        adopt.answer(request, response);
    }

    /** The user who is logged in, or null. Return null for users whom the application would refuse. */
    protected String userOf(HttpServletRequest request) {
        return request.getRemoteUser();
    }

    private final class Container implements OldSessions {
        @Override
        public OldSession of(HttpServletRequest request) {
            HttpSession session = request.getSession(false);
            return session == null ? null : ToldSession.of(session, userOf(request));
        }

        @Override
        public OldSession find(String id) {
            return ToldSession.find(id);
        }
    }
}
