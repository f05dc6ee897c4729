import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.languagetool.JLanguageTool;
import org.languagetool.Languages;

/** Reads a JSON array of French texts, answers an array of LanguageTool's findings for each. */
public class Proofread {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper json = new ObjectMapper();
    JLanguageTool tool = new JLanguageTool(Languages.getLanguageForShortCode("fr"));
    List<List<Map<String, Object>>> answer = new ArrayList<>();
    for (String text : json.readValue(System.in, String[].class)) {
      List<Map<String, Object>> found = new ArrayList<>();
      for (var match : tool.check(text))
        found.add(Map.of(
            "rule", match.getRule().getId(),
            "from", match.getFromPos(),
            "to", match.getToPos(),
            "message", match.getMessage().replaceAll("<[^>]+>", ""),
            "better", match.getSuggestedReplacements().stream().limit(3).toList()));
      answer.add(found);
    }
    json.writeValue(System.out, answer);
  }
}
