package shop;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import moor.session.Json;
import moor.session.servlet.AdoptServlet;
import org.apache.catalina.Context;
import org.apache.catalina.Session;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;

/** A shop of servlets, whose sessions Tomcat keeps in its memory. */
public final class OldTomcat {
    private OldTomcat() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("old-tomcat-");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder.toString());
        Connector connector = new Connector();
        connector.setPort(Integer.parseInt(System.getenv("PORT")));
        connector.setProperty("address", "127.0.0.1");
        tomcat.setConnector(connector);
        tomcat.getEngine().setJvmRoute(System.getenv("NAME"));
        Context context = tomcat.addContext("", folder.toString());
        Tomcat.addServlet(context, "moor-adopt", new Endpoint());
        context.addServletMappingDecoded("/moor-adopt", "moor-adopt");
        Tomcat.addServlet(context, "shop", new Shop(context));
        context.addServletMappingDecoded("/", "shop");
        tomcat.start();
        tomcat.getServer().await();
    }

    private static final class Endpoint extends AdoptServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected String userOf(HttpServletRequest request) {
            return (String) request.getSession(false).getAttribute("user");
        }
    }

    private static final class Shop extends HttpServlet {
        private static final long serialVersionUID = 1;

        private final transient Context context;

        Shop(Context context) {
            this.context = context;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            HttpSession session = request.getSession(false);
            Map<String, Object> page = new LinkedHashMap<>();
            switch (request.getRequestURI()) {
                case "/login" -> {
                    if (session != null) session.invalidate();
                    HttpSession own = request.getSession();
                    own.setAttribute("user", request.getParameter("user"));
                    own.setAttribute("basket", new LinkedHashMap<>(Map.of("apples", 2)));
                    // It cannot leave the server.
                    own.setAttribute("lock", new Object());
                }
                // As a valve of Tomcat's clusters does when a server has died.
                case "/take-over" -> {
                    Session held = context.getManager().findSession(session.getId());
                    context.getManager().changeSessionId(held, session.getId().replaceFirst("\\..*", ".b"));
                }
                case "/logout" -> {
                    if (session != null) session.invalidate();
                }
                default -> {
                    page.put("server", "old");
                    page.put("user", session == null ? null : session.getAttribute("user"));
                    page.put("basket", session == null ? null : session.getAttribute("basket"));
                }
            }
            response.setContentType("application/json");
            response.getWriter().write(Json.write(page));
        }
    }
}
