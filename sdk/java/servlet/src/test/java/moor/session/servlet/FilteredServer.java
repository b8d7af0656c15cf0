package moor.session.servlet;

import jakarta.servlet.Filter;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import moor.session.Moor;
import moor.session.Settings;
import moor.session.testkit.FakeMoor;
import moor.session.testkit.Visitor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server with the filter, behind a fake Moor. A test gives each request its page. */
abstract class FilteredServer {
    @FunctionalInterface
    interface Page {
        void answer(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException;
    }

    private final HttpClient client = HttpClient.newHttpClient();
    FakeMoor fake;
    Visitor visitor;
    private Running server;
    private Page page;
    private Throwable failure;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        fake = new FakeMoor();
        visitor = fake.visitor();
        server = server(folder, new MoorFilter(new Moor(Settings.from(fake.variables()))), new PageServlet());
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
        fake.close();
    }

    /** A server that runs. */
    interface Running {
        int port();

        void stop() throws Exception;
    }

    /** Starts a server in an empty folder. It has the filter for all dispatchers, and the servlet for all paths and for errors. */
    abstract Running server(Path folder, Filter filter, HttpServlet servlet) throws Exception;

    private final class PageServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response)
                throws IOException, ServletException {
            try {
                page.answer(request, response);
            } catch (AssertionError wrong) {
                failure = wrong;
            }
        }
    }

    /** Sends a request to this page, and applies the answer to the visitor's session. */
    HttpResponse<String> ask(Page answering) {
        return ask(visitor.handoff(), answering);
    }

    HttpResponse<String> ask(String handoff, Page answering) {
        page = answering;
        URI url = URI.create("http://127.0.0.1:" + server.port() + "/");
        HttpRequest.Builder request = HttpRequest.newBuilder(url);
        if (handoff != null) request.header("Moor-Session", handoff);
        HttpResponse<String> response;
        try {
            response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException cause) {
            throw new AssertionError("the server does not answer", cause);
        }
        visitor.apply(response.headers().map());
        if (failure != null) throw new AssertionError("in the page", failure);
        return response;
    }

    void sets(String name, Object value) {
        ask((request, response) -> request.getSession().setAttribute(name, value));
    }

    Map<String, Object> stored() {
        Map<String, Object> attributes = new HashMap<>(visitor.attributes());
        attributes.keySet().removeAll(List.of("$created", "$id"));
        return attributes;
    }
}
