package moor.session.servlet;

import jakarta.servlet.DispatcherType;
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
import java.util.Map;
import moor.session.Moor;
import moor.session.Settings;
import moor.session.testkit.FakeMoor;
import moor.session.testkit.Visitor;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A Tomcat with the filter, behind a fake Moor. A test gives each request its page. */
abstract class FilteredTomcat {
    @FunctionalInterface
    interface Page {
        void answer(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException;
    }

    private final HttpClient client = HttpClient.newHttpClient();
    FakeMoor fake;
    Visitor visitor;
    private Tomcat tomcat;
    private Page page;
    private Throwable failure;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        fake = new FakeMoor();
        visitor = fake.visitor();
        tomcat = new Tomcat();
        tomcat.setBaseDir(folder.toString());
        Connector connector = new Connector();
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", folder.toString());
        FilterDef filter = new FilterDef();
        filter.setFilterName("moor");
        filter.setFilter(new MoorFilter(new Moor(Settings.from(fake.variables()))));
        filter.setAsyncSupported("true");
        context.addFilterDef(filter);
        FilterMap map = new FilterMap();
        map.setFilterName("moor");
        map.addURLPattern("/*");
        for (DispatcherType type : DispatcherType.values()) map.setDispatcher(type.name());
        context.addFilterMap(map);
        Tomcat.addServlet(context, "page", new PageServlet()).setAsyncSupported(true);
        context.addServletMappingDecoded("/", "page");
        ErrorPage error = new ErrorPage();
        error.setErrorCode(404);
        error.setLocation("/error");
        context.addErrorPage(error);
        tomcat.start();
    }

    @AfterEach
    void stop() throws Exception {
        tomcat.stop();
        tomcat.destroy();
        fake.close();
    }

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
        URI url = URI.create("http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + "/");
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
        attributes.remove("$created");
        return attributes;
    }
}
